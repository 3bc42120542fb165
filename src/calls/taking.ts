import { readNumber } from '../clients/phones/number.js'
import { recordEvent } from '../clients/feed/record.js'
import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import { recordLeadEvent } from '../leads/feed/record.js'
import { isOver, plainNumber, stateAfter, type CallState, type Direction, type Report, type Source } from './call.js'
import { makeMissedLead } from './missed.js'

/** A call as its row has it. */
export interface CallRow {
  id: number
  adapter: Source
  provider_id: string
  direction: Direction
  state: CallState
  e164: string | null
  display: string
  digits: string
  client_id: number | null
  lead_id: number | null
  employee_id: number | null
  answered_at: Date | null
  ended_at: Date | null
  seconds: number | null
  recording_url: string | null
}

/**
 * Takes what an adapter heard of a call, in one transaction with all that follows from it: the row, the feeds once it is over, the lead of a
 * missed one. Reports may come again, late and in any order. Returns the call's id, or null for one that tells of no call we could know.
 */
export async function takeReport (db: Db, adapter: Source, report: Report): Promise<number | null> {
  return transaction(db, async trx => {
    const known = await findOrMake(trx, adapter, report)
    if (!known) return null
    const { call, isNew } = known
    const after = stateAfter(isNew ? null : { state: call.state, answered: call.answered_at !== null, taken: call.direction === 'in' && call.employee_id !== null, seconds: call.seconds }, report)
    const employee = call.employee_id ?? (report.extension && (report.state === 'answered' || isOver(after)) ? await employeeAt(trx, report.extension) : null)
    const write: Record<string, unknown> = {}
    if (isNew || after !== call.state) write.state = after
    if (call.answered_at === null && (report.state === 'answered' || (after === 'ended' && (report.seconds ?? 0) > 0))) write.answered_at = report.state === 'answered' ? trx.fn.now() : trx.raw("greatest(started_at, now() - ? * interval '1 second')", [report.seconds])
    if (isOver(after) && call.ended_at === null) write.ended_at = trx.fn.now()
    if (report.seconds !== null && call.seconds === null) write.seconds = report.seconds
    if (report.recording && report.recording !== call.recording_url) write.recording_url = report.recording
    const nobody = after === 'missed' && call.direction === 'in' // who said that they would answer didn't
    if (nobody ? call.employee_id !== null : employee !== call.employee_id) write.employee_id = nobody ? null : employee
    if (report.extension && report.state === 'answered') write.extension = report.extension
    if (report.why && after === 'failed') write.why = report.why
    if (Object.keys(write).length === 0) return call.id

    const [now]: CallRow[] = await trx('calls').where({ id: call.id }).update(write).returning('*')
    // Talked from when it was answered to its end, where the provider doesn't say.
    if (isOver(now!.state) && now!.seconds === null && now!.answered_at) [now!.seconds] = (await trx('calls').where({ id: call.id }).update({ seconds: trx.raw('extract(epoch from ended_at - answered_at)::int') }).returning('seconds')).map(({ seconds }) => seconds)
    const wasOver = !isNew && isOver(call.state)
    if (isOver(now!.state) && !wasOver) await settle(trx, now!)
    else if (wasOver) await retell(trx, now!)
    return call.id
  })
}

async function findOrMake (trx: Db, adapter: Source, report: Report): Promise<{ call: CallRow, isNew: boolean } | null> {
  const find = async (): Promise<CallRow | undefined> => {
    if (report.callId !== undefined) {
      const [ours] = await trx('calls').where({ id: report.callId, adapter }).forUpdate()
      if (ours && ours.provider_id !== report.id && ours.provider_id.startsWith(OWN)) await trx('calls').where({ id: ours.id }).update({ provider_id: report.id })
      return ours
    }
    return trx('calls').where({ adapter, provider_id: report.id }).forUpdate().first()
  }
  const known = await find()
  if (known) return { call: known, isNew: false }
  if (report.callId !== undefined) return null
  const typed = plainNumber(report.number)
  // The end of a call of which nothing else is known says nothing of whose it was.
  if (typed === '' && report.state !== 'ringing') return null
  const number = typed === '' ? { e164: null, display: '', digits: '' } : readNumber(typed, await countryOf(trx))
  const { rows: [made] } = await trx.raw(`
    insert into calls (adapter, provider_id, direction, state, e164, display, digits, ours, client_id)
    values (:adapter, :id, :direction, :state, :e164, :display, :digits, :ours, ${CLIENT_OF}) on conflict (adapter, provider_id) do nothing returning *`,
  { adapter, id: report.id, direction: report.direction, state: report.state, e164: number.e164, display: number.display, digits: number.digits, ours: plainNumber(report.ours) })
  return made ? { call: made, isNew: true } : { call: (await find())!, isNew: false } // another report was quicker
}

/** What the id of a call is until its provider has given it one. */
export const OWN = 'own:'

// Of several clients with one number the one who was dealt with last.
const CLIENT_OF = `(select c.id from client_phones p join clients c on c.id = p.client_id where p.e164 = :e164 and p.removed_at is null order by c.archived_at is not null, c.active_at desc, c.id limit 1)`

const countryOf = async (trx: Db): Promise<string> => (await trx('organisation').first('country')).country

/** Who is rung there; of several who share a telephone nobody in particular. */
async function employeeAt (trx: Db, extension: string): Promise<number | null> {
  const ids: number[] = await trx('employees').where({ extension }).whereNull('deactivated_at').limit(2).pluck('id')
  return ids.length === 1 ? ids[0]! : null
}

/** Tells the feeds of a call that is over, and makes the lead of a missed one. */
async function settle (trx: Db, call: CallRow): Promise<void> {
  const lead = await makeMissedLead(trx, call) ?? await openLeadOf(trx, call)
  if (lead !== call.lead_id) await trx('calls').where({ id: call.id }).update({ lead_id: lead })
  if (call.client_id !== null) await recordEvent(trx, { id: call.employee_id }, call.client_id, 'call', told(call))
  if (lead !== null) await recordLeadEvent(trx, { id: call.employee_id }, lead, 'call', told(call))
}

/** What is told of a call, with what became known of it after its end. */
async function retell (trx: Db, call: CallRow): Promise<void> {
  for (const [owner, id] of [['client_id', call.client_id], ['lead_id', call.lead_id]] as const) {
    if (id !== null) await trx('events').where({ [owner]: id, kind: 'call' }).whereRaw("details->>'call' = ?", [String(call.id)]).update({ details: JSON.stringify(told(call)), employee_id: call.employee_id })
  }
}

/** What a feed keeps of a call that is over. */
export const told = ({ id, direction, state, seconds, recording_url: recording }: CallRow) => ({ call: id, direction, state, seconds, recording: recording !== null })

/** The newest open lead of whoever calls. */
async function openLeadOf (trx: Db, call: CallRow): Promise<number | null> {
  if (call.lead_id !== null || (call.e164 === null && call.client_id === null)) return call.lead_id
  const { rows: [lead] } = await trx.raw(`
    select id from leads where closed_at is null and archived_at is null and (client_id = :client or id in (select lead_id from lead_phones where e164 = :e164)) order by id desc limit 1`, { client: call.client_id, e164: call.e164 })
  return lead?.id ?? null
}
