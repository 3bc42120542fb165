import type { Db } from '../database/knex.js'

/** How many employees work in each of these locations, by its id; those who left count, because they keep it. */
export async function countByLocation (db: Db, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await db('employee_locations').whereIn('location_id', [...ids]).groupBy('location_id').select('location_id').count('* as count')
  return new Map(rows.map(row => [Number(row.location_id), Number(row.count)]))
}

/** Locks who works in any of these locations until the end of the transaction. */
export const holdLocated = (trx: Db, ids: readonly number[]) =>
  trx('employees').whereIn('id', trx('employee_locations').whereIn('location_id', [...ids]).select('employee_id')).orderBy('id').forNoKeyUpdate().select('id')

/** Has those who work in one of these locations work in another instead, or leaves them without it. */
export async function replaceLocations (trx: Db, from: readonly number[], to: number | null): Promise<void> {
  const gone = await trx('employee_locations').whereIn('location_id', [...from]).delete().returning('employee_id')
  const employees = [...new Set(gone.map(({ employee_id: id }) => id))]
  if (to && employees.length > 0) await trx('employee_locations').insert(employees.map(id => ({ employee_id: id, location_id: to }))).onConflict(['employee_id', 'location_id']).ignore()
}
