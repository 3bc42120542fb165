import { PREPARED, type Db } from './knex.js'

const TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a form's token is one: whoever writes forms by hand may send anything. */
export const isToken = (token: unknown): token is string => typeof token === 'string' && TOKEN.test(token)

/**
 * Does something once however often its form is sent: the form carries a token, and the second to send it waits for the first
 * and is given the first's result. A form without a usable token is done each time.
 */
export async function once (trx: Db, token: unknown, employeeId: number, work: () => Promise<string>): Promise<string> {
  if (!isToken(token)) return work()
  const { rows: [first] } = await trx.raw('insert into submissions (token, employee_id) values (?, ?) on conflict (token) do nothing returning token', [token, employeeId]).options(PREPARED)
  if (!first) {
    const before = await trx('submissions').where({ token, employee_id: employeeId }).first('result')
    return before?.result ?? work()
  }
  const result = await work()
  await trx.raw('update submissions set result = ? where token = ?', [result, token]).options(PREPARED)
  return result
}
