import { createHash } from 'node:crypto'
import type { Db } from '../database/knex.js'
import { isToken, once } from '../database/once.js'
import { idOf } from '../web/form.js'

/** Milliseconds in which what somebody wrote can be taken back: it leaves after them. */
export const UNDO = 10_000

/**
 * The token by which a form is done once. Of a form whose message was taken back and that is sent again it is another: it means another
 * message, but still only one, however often it is sent.
 */
export async function tokenAfter (db: Db, token: string, employeeId: number): Promise<string> {
  const made = idOf((await db('submissions').where({ token, employee_id: employeeId }).first('result'))?.result)
  const takenBack = made !== null && await db('messages').where({ id: made, state: 'canceled' }).first('id')
  return takenBack ? tokenAfter(db, nextOf(token), employeeId) : token
}

/** As `once` of a form that makes a message, whose id `work` returns. */
export async function onceSent (trx: Db, token: unknown, employeeId: number, work: () => Promise<number>): Promise<string> {
  return once(trx, isToken(token) ? await tokenAfter(trx, token, employeeId) : null, employeeId, async () => String(await work()))
}

function nextOf (token: string): string {
  const [, a, b, c, d, e] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(createHash('sha256').update(token).digest('hex'))!
  return [a, b, c, d, e].join('-')
}

/** What somebody wrote and took back before it left, to go on with; undefined when it is another's, or another client's. */
export async function takenBackText (db: Db, by: { id: number }, clientId: number, id: number | null): Promise<{ channel: string, phone_id: number | null, text: string, template_id: number | null, lead_id: number | null } | undefined> {
  return id === null ? undefined : db('messages').where({ id, client_id: clientId, employee_id: by.id, state: 'canceled' }).first('channel', 'phone_id', 'body_text as text', 'template_id', 'lead_id')
}
