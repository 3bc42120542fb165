import { setImmediate } from 'node:timers/promises'
import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import { addWorkingTime, type Hours } from '../locations/hours.js'
import { findHours } from '../locations/hours/queries.js'

/** Leads whose moment is reckoned before others get their turn. */
const BATCH = 200

interface Limit { group: string, limitMinutes: number | null, limitClock: 'always' | 'working' }

/** Which leads of a status: these alone, those of one location. */
export interface Which { ids?: readonly number[], location?: number | null }

/**
 * Writes from when the leads that are in a status now have been in it too long. Around the clock the database does it at once; in
 * working hours it takes the hours of each lead's location, and a lead without one counts around the clock.
 */
export async function setLate (trx: Db, statusId: number, { limitMinutes, limitClock }: Limit, timeZone: string, which: Which = {}): Promise<void> {
  const inStatus = () => trx('leads').where({ status_id: statusId }).modify(query => { if (which.ids) query.whereRaw('id = any (?)', [[...which.ids]]) })
  if (limitMinutes === null) {
    await inStatus().whereNotNull('status_late_at').update({ status_late_at: null })
    return
  }
  const aroundTheClock = trx.raw("status_since + ? * interval '1 minute'", [limitMinutes])
  const always = inStatus().modify(query => { if (limitClock === 'working') query.whereNull('location_id') })
  await always.update({ status_late_at: aroundTheClock })
  if (limitClock !== 'working') return
  const hours = new Map<number, Hours>()
  for (let after: number | null = 0; after !== null;) after = await setBatch(trx, statusId, limitMinutes, timeZone, which, hours, after)
}

/**
 * Counts anew what counts in working hours, where the hours of a location have changed, or (null) the zone they are told in. Some leads
 * a transaction: whoever moves one of them doesn't wait for all. Of a limit that is changed meanwhile its own change makes it true.
 */
export async function countHoursAnew (db: Db, location: number | null): Promise<void> {
  const { time_zone: timeZone } = await db('organisation').first('time_zone')
  for (const id of await db('lead_statuses').where({ limit_clock: 'working' }).whereNotNull('limit_minutes').pluck('id')) {
    const hours = new Map<number, Hours>()
    for (let after: number | null = 0; after !== null;) {
      after = await transaction(db, async (trx): Promise<number | null> => {
        const { limit_minutes: minutes, limit_clock: clock } = await trx('lead_statuses').where({ id }).forKeyShare().first('limit_minutes', 'limit_clock')
        return clock === 'working' && minutes !== null ? setBatch(trx, id, minutes, timeZone, { location }, hours, after!) : null
      })
    }
  }
}

/** The leads behind `after` that count in working hours, a batch. Returns the last one's id, null when there was none. They are held: one that is moved meanwhile would be late by the status it has left. */
async function setBatch (trx: Db, statusId: number, limitMinutes: number, timeZone: string, { ids, location }: Which, hours: Map<number, Hours>, after: number): Promise<number | null> {
  const leads: { id: number, location_id: number, status_since: Date }[] = await trx('leads').where({ status_id: statusId }).whereNotNull('location_id').where('id', '>', after)
    .modify(query => {
      if (ids) query.whereRaw('id = any (?)', [[...ids]])
      if (location) query.where({ location_id: location })
    }).orderBy('id').limit(BATCH).forNoKeyUpdate().select('id', 'location_id', 'status_since')
  if (leads.length === 0) return null
  const rows = []
  for (const { id, location_id, status_since } of leads) {
    if (!hours.has(location_id)) hours.set(location_id, await findHours(trx, location_id))
    rows.push({ id, at: addWorkingTime(hours.get(location_id)!, timeZone, status_since, limitMinutes) })
  }
  await trx.raw('update leads l set status_late_at = r.at from json_to_recordset(?) as r(id bigint, at timestamptz) where l.id = r.id and l.status_late_at is distinct from r.at', [JSON.stringify(rows)])
  await setImmediate()
  return leads.at(-1)!.id
}
