import type { Db } from '../database/knex.js'
import { createLead } from '../leads/creating.js'
import type { CallRow } from './taking.js'

/**
 * The lead of a missed call, when the settings say that there shall be one: the one that is open already of this number, else one that is made.
 * Null when there is none to be: the call wasn't missed, or its number is withheld.
 */
export async function makeMissedLead (trx: Db, call: CallRow): Promise<number | null> {
  if (call.direction !== 'in' || call.state !== 'missed' || call.digits === '') return null
  const { missed_type_id: type } = await trx('telephony_settings').first('missed_type_id')
  if (type === null || !await trx('lead_types').where({ id: type, removed_at: null }).first('id')) return null
  // Of two missed calls of one number at one instant the second finds the first's lead.
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 35))', [call.e164 ?? call.digits])
  const { rows: [open] } = await trx.raw(`
    select l.id from leads l join lead_phones p on p.lead_id = l.id
    where l.type_id = :type and l.closed_at is null and l.archived_at is null and coalesce(p.e164, p.digits) = coalesce(:e164, :digits) order by l.id desc limit 1`, { type, e164: call.e164, digits: call.digits })
  if (open) return open.id
  const { timeZone } = await trx('organisation').first('time_zone as timeZone')
  const { e164, display, digits } = call
  const { id } = await createLead(trx, { id: null, organisation: { timeZone } }, {
    type_id: type, contact_name: '', phones: [{ id: null, number: { typed: display, e164, display, digits } }], campaign_id: null, comment: '', due_at: null, urgent: false, location_id: null, manager_id: null, client_id: call.client_id
  }, { source: 'call' })
  return id
}
