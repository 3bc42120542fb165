import type { Db } from '../../database/knex.js'
import { enqueue } from '../../jobs/enqueue.js'
import { NotFound } from '../../web/errors.js'
import type { ClosedDays, Hours, Span } from '../hours.js'
import { printOf } from './form.js'

export interface NotedClosedDays extends ClosedDays { id: number, note: string }

/** The hours of a location, as pages show them. */
export interface ShownHours extends Hours { closed: NotedClosedDays[] }

/** Somebody else changed the hours since the form was shown. */
export class HoursChanged extends Error {}

/** When a location works, and when it is closed all the same from `since` ("2026-11-03") on. */
export async function findHours (db: Db, locationId: number, since = '2000-01-01'): Promise<ShownHours> {
  const spans: { weekday: number, opens: number, closes: number }[] = await db('location_hours').where({ location_id: locationId }).orderBy(['weekday', 'opens']).select('weekday', 'opens', 'closes')
  const closed = await db('location_closed_days').where({ location_id: locationId }).whereNull('removed_at').where('ends_on', '>=', since)
    .orderBy(['starts_on', 'ends_on']).select('id', 'starts_on as startsOn', 'ends_on as endsOn', 'note')
  const week: Span[][] = Array.from({ length: 7 }, () => [])
  for (const { weekday, opens, closes } of spans) week[weekday - 1]!.push({ opens, closes })
  return { week, closed }
}

/** Replaces the hours of a week. Throws NotFound, and HoursChanged when they aren't those that the form was shown with. Returns what they were. */
export async function saveWeek (trx: Db, locationId: number, week: readonly (readonly Span[])[], was: string): Promise<readonly (readonly Span[])[]> {
  await lockLocation(trx, locationId)
  const { week: before } = await findHours(trx, locationId)
  if (printOf(before) !== was) throw new HoursChanged()
  await trx('location_hours').where({ location_id: locationId }).delete()
  const rows = week.flatMap((spans, i) => spans.map(span => ({ location_id: locationId, weekday: i + 1, ...span })))
  if (rows.length > 0) await trx('location_hours').insert(rows)
  await countAnew(trx, locationId)
  return before
}

/** Adds days on which a location is closed; the same ones sent twice are there once. Returns false when they were there already. Throws NotFound. */
export async function addClosedDays (trx: Db, locationId: number, { startsOn, endsOn, note }: Omit<NotedClosedDays, 'id'>): Promise<boolean> {
  await lockLocation(trx, locationId)
  const same = await trx('location_closed_days').where({ location_id: locationId, starts_on: startsOn, ends_on: endsOn }).whereNull('removed_at').first('id')
  if (same) return false
  await trx('location_closed_days').insert({ location_id: locationId, starts_on: startsOn, ends_on: endsOn, note })
  await countAnew(trx, locationId)
  return true
}

/** Takes closed days off, or back again, and returns them; null when they already are as they should be. Throws NotFound. */
export async function setClosedDaysRemoved (trx: Db, locationId: number, id: number | null, removed: boolean): Promise<NotedClosedDays | null> {
  await lockLocation(trx, locationId)
  const row = id === null ? undefined : await trx('location_closed_days').where({ id, location_id: locationId }).first('id', 'starts_on', 'ends_on', 'note', 'removed_at')
  if (!row) throw new NotFound()
  const twin = await trx('location_closed_days').where({ location_id: locationId, starts_on: row.starts_on, ends_on: row.ends_on }).whereNull('removed_at').first('id')
  if (removed === (row.removed_at !== null) || (!removed && twin)) return null
  await trx('location_closed_days').where({ id }).update({ removed_at: removed ? trx.fn.now() : null })
  await countAnew(trx, locationId)
  return { id: row.id, startsOn: row.starts_on, endsOn: row.ends_on, note: row.note }
}

// Open leads that have so much time in these hours have more now, or less.
const countAnew = (trx: Db, location: number) => enqueue(trx, 'leads.hours', { location }, { key: `hours of leads at ${location}` })

async function lockLocation (trx: Db, id: number): Promise<void> {
  if (!await trx('locations').where({ id }).forUpdate().first('id')) throw new NotFound()
}
