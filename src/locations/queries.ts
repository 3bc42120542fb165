import type { Db } from '../database/knex.js'

export interface Location { id: number, name: string, retired: boolean }

/** All locations in the company's order, the retired last. */
export async function listLocations (db: Db): Promise<Location[]> {
  return db('locations').select('id', 'name', db.raw('retired_at is not null as retired')).orderByRaw('retired_at is not null, position nulls last, name_key, id')
}
