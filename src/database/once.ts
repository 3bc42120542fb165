import type { Db } from './knex.js'

const TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Does something once however often its form is sent: the form carries a token, and the second to send it waits for the first
 * and is given the first's result. A form without a usable token is done each time.
 */
export async function once (trx: Db, token: unknown, employeeId: number, work: () => Promise<string>): Promise<string> {
  if (typeof token !== 'string' || !TOKEN.test(token)) return work()
  const first = await trx('submissions').insert({ token, employee_id: employeeId }).onConflict('token').ignore().returning('token')
  if (first.length === 0) {
    const before = await trx('submissions').where({ token, employee_id: employeeId }).first('result')
    return before?.result ?? work()
  }
  const result = await work()
  await trx('submissions').where({ token }).update({ result })
  return result
}
