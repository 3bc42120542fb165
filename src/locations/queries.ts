import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'

export interface Location { id: number, name: string }

/** How many use a location; of the clients so many are archived. */
export interface LocationUse { clients: number, archived: number, employees: number }

/** Another location has this name, in whatever case. */
export class NameTaken extends Error {}

/** Clients or employees use this location, so it can't be deleted. */
export class LocationInUse extends Error {
  constructor (readonly use: LocationUse) { super() }
}

const COLUMNS = ['id', 'name']

/** All locations by name. */
export async function listLocations (db: Db): Promise<Location[]> {
  return db('locations').select(COLUMNS).orderByRaw('fold(name), id')
}

/** Throws NotFound, also for an id that was none (null). */
export async function findLocation (db: Db, id: number | null): Promise<Location> {
  const location = id && await db('locations').where({ id }).first(COLUMNS)
  if (!location) throw new NotFound()
  return location
}

/** How many clients each location has, by its id, without the archived. */
export async function countClients (db: Db): Promise<Map<number, number>> {
  // One by one, so that each count stays within its part of an index; grouping them all would read the whole of clients.
  const { rows } = await db.raw('select id, (select count(*) from clients where location_id = locations.id and archived_at is null) from locations')
  return new Map(rows.map((row: { id: number, count: number }) => [row.id, row.count]))
}

/** How many employees each location has, by its id. */
export async function countEmployees (db: Db): Promise<Map<number, number>> {
  const rows = await db('employee_locations').groupBy('location_id').select('location_id').count('* as count')
  return new Map(rows.map(row => [Number(row.location_id), Number(row.count)]))
}

/** Throws NameTaken. */
export async function createLocation (db: Db, values: { name: string }): Promise<Location> {
  const [location] = await db('locations').insert(values).returning(COLUMNS).catch(sayTaken)
  return location
}

/** Throws NotFound or NameTaken. */
export async function renameLocation (db: Db, id: number | null, values: { name: string }): Promise<Location> {
  const [location] = await db('locations').where({ id }).update(values).returning(COLUMNS).catch(sayTaken)
  if (!location) throw new NotFound()
  return location
}

/** Who uses this location now. */
export async function findLocationUse (db: Db, id: number): Promise<LocationUse> {
  const clients = () => db('clients').where({ location_id: id })
  // Apart, because each has its own partial index.
  const [{ count: current }] = await clients().whereNull('archived_at').count('* as count')
  const [{ count: archived }] = await clients().whereNotNull('archived_at').count('* as count')
  const [{ count: employees }] = await db('employee_locations').where({ location_id: id }).count('* as count')
  return { clients: Number(current) + Number(archived), archived: Number(archived), employees: Number(employees) }
}

/** Deletes a location that nobody uses and returns what it was. Throws NotFound, or LocationInUse. */
export async function deleteLocation (db: Db, id: number | null): Promise<Location> {
  return db.transaction(async trx => {
    // The lock makes whoever is being given this location wait until we know; employees would lose it without a word.
    const location = id && await trx('locations').where({ id }).forUpdate().first(COLUMNS)
    if (!location) throw new NotFound()
    const use = await findLocationUse(trx, location.id)
    if (use.clients + use.employees > 0) throw new LocationInUse(use)
    await trx('locations').where({ id: location.id }).delete()
    return location
  })
}

function sayTaken (error: Error & { constraint?: string }): never {
  throw error.constraint === 'locations_name' ? new NameTaken() : error
}
