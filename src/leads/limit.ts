import type { Db } from '../database/knex.js'
import { addWorkingTime } from '../locations/hours.js'
import { findHours } from '../locations/hours/queries.js'
import { dayOf } from '../web/zone.js'
import type { LeadStatus } from './lead.js'

/** From when a lead is too long in a status it has come into: null when the status has no limit. Working hours are those of its location; where it has none, or they weren't told, the clock never stops. */
export async function lateFrom (trx: Db, timeZone: string, { limitMinutes, limitClock }: Pick<LeadStatus, 'limitMinutes' | 'limitClock'>, since: Date, locationId: number | null): Promise<Date | null> {
  if (limitMinutes === null) return null
  if (limitClock === 'always' || locationId === null) return new Date(since.getTime() + limitMinutes * 60_000)
  return addWorkingTime(await findHours(trx, locationId, dayOf(since, timeZone)), timeZone, since, limitMinutes)
}
