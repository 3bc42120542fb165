import { setImmediate } from 'node:timers/promises'
import type { Db } from '../database/knex.js'
import { addWorkingTime, type Hours } from '../locations/hours.js'
import { findHours } from '../locations/hours/queries.js'

/** Leads whose moment is reckoned before others get their turn. */
const BATCH = 500

interface Limit { group: string, limitMinutes: number | null, limitClock: 'always' | 'working' }

/**
 * Writes from when the leads that are in a status now have been in it too long. Around the clock the database does it at once; in
 * working hours it takes the hours of each lead's location, and a lead without one counts around the clock. Where `ids` are given, of these leads alone.
 */
export async function setLate (trx: Db, statusId: number, { limitMinutes, limitClock }: Limit, timeZone: string, ids: readonly number[] | null = null): Promise<void> {
  const inStatus = () => trx('leads').where({ status_id: statusId }).modify(query => { if (ids) query.whereRaw('id = any (?)', [[...ids]]) })
  if (limitMinutes === null) {
    await inStatus().whereNotNull('status_late_at').update({ status_late_at: null })
    return
  }
  const aroundTheClock = trx.raw("status_since + ? * interval '1 minute'", [limitMinutes])
  const always = inStatus().modify(query => { if (limitClock === 'working') query.whereNull('location_id') })
  await always.update({ status_late_at: aroundTheClock })
  if (limitClock !== 'working') return

  const hours = new Map<number, Hours>()
  let after = 0
  for (;;) {
    const leads: { id: number, location_id: number, status_since: Date }[] = await inStatus().whereNotNull('location_id').where('id', '>', after)
      .orderBy('id').limit(BATCH).select('id', 'location_id', 'status_since')
    if (leads.length === 0) return
    const rows = []
    for (const { id, location_id, status_since } of leads) {
      if (!hours.has(location_id)) hours.set(location_id, await findHours(trx, location_id))
      rows.push({ id, at: addWorkingTime(hours.get(location_id)!, timeZone, status_since, limitMinutes) })
    }
    await trx.raw('update leads l set status_late_at = r.at from json_to_recordset(?) as r(id bigint, at timestamptz) where l.id = r.id', [JSON.stringify(rows)])
    after = leads.at(-1)!.id
    await setImmediate()
  }
}
