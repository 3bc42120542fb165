import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'

export interface Location { id: number, name: string, retired: boolean }

/** All locations in the company's order, the retired last. */
export async function listLocations (db: Db): Promise<Location[]> {
  return db('locations').select('id', 'name', db.raw('retired_at is not null as retired')).orderByRaw('retired_at is not null, position nulls last, name_key, id')
}

/** One location. Throws NotFound, also for an id that was none (null). */
export async function findLocation (db: Db, id: number | null): Promise<Pick<Location, 'id' | 'name'>> {
  const location = id && await db('locations').where({ id }).first('id', 'name')
  if (!location) throw new NotFound()
  return location
}
