import { recordEvent } from '../clients/feed/record.js'
import { maskPhone, seesContacts } from '../clients/masking.js'
import type { PhoneNumber } from '../clients/phones/number.js'
import type { Db } from '../database/knex.js'
import { recordLeadEvent } from '../leads/feed/record.js'
import { idOf, type Body } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { isOver } from './call.js'
import { told, type CallRow } from './taking.js'

/** Whose call a form of a new lead or client was opened from: `call` in its address and then in its body. */
export interface Caller {
  call: number
  number: PhoneNumber
  /** As the form's writer may read it. */
  shown: string
  /** Its writer may not: it is put in without being shown. */
  isHidden: boolean
}

/** Reads it: null where a form names none, or one without a number, or for who may not see calls. */
export async function callerOf (db: Db, viewer: Viewer, { call }: Body): Promise<Caller | null> {
  const id = idOf(call)
  const row = id === null || !viewer.can('calls.view') ? undefined : await db('calls').where({ id }).where('digits', '<>', '').first('id', 'e164', 'display', 'digits')
  if (!row) return null
  const { e164, display, digits } = row
  const isHidden = !seesContacts(viewer)
  return { call: row.id, number: { typed: display, e164, display, digits }, shown: isHidden ? maskPhone(display) : display, isHidden }
}

const ROW = '99'

/** The body of a lead's form with the number that its writer may not see. */
export function withCaller (body: Body, caller: Caller | null): Body {
  if (!caller?.isHidden) return body
  return { ...body, phone_rows: [...[body.phone_rows ?? []].flat().slice(0, 9), ROW], [`phones.${ROW}.number`]: caller.number.display }
}

/** Whether a row of that form is the hidden one, which is shown to nobody. */
export const isCallers = (caller: Caller | null, row: { typed: string }): boolean => caller?.isHidden === true && row.typed === caller.number.display

/** The call is of this lead from now on; once it is over the lead's feed tells of it. */
export async function giveToLead (trx: Db, by: Viewer, { call }: Caller, lead: number): Promise<void> {
  const [row]: CallRow[] = await trx('calls').where({ id: call, lead_id: null }).update({ lead_id: lead }).returning('*')
  if (row && isOver(row.state)) await recordLeadEvent(trx, { id: row.employee_id ?? by.id }, lead, 'call', told(row))
}

/** The call is of this client from now on, and so is every other of a number that is theirs; the client's feed tells of the one that is over. */
export async function giveToClient (trx: Db, by: Viewer, { call, number }: Caller, client: number): Promise<void> {
  const [row]: CallRow[] = await trx('calls').where({ id: call, client_id: null }).update({ client_id: client }).returning('*')
  if (row && isOver(row.state)) await recordEvent(trx, { id: row.employee_id ?? by.id }, client, 'call', told(row))
  if (number.e164) await trx('calls').where({ e164: number.e164, client_id: null }).whereExists(phones => { phones.from('client_phones').where({ client_id: client, e164: number.e164, removed_at: null }) }).update({ client_id: client })
}
