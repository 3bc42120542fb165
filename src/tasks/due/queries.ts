import { PREPARED, type Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { dayOf, localOf } from '../../web/zone.js'
import { ofCards } from '../queries.js'

/** A task whose time came within the last hour, and whose notice wasn't put away. */
export interface Notice { id: number, what: string, time: string, card: { path: string, name: string } }

/** What every page shows of its viewer's tasks. */
export interface DueNow {
  /** Open ones that are due today or overdue; no more than CAP are counted. */
  count: number
  overdue: boolean
  notices: Notice[]
}

/** Where counting stops: the navigation says "99+". */
export const CAP = 100

const HOUR = 3_600_000

/** What is due for the viewer, in one query by key. */
export async function findDueNow (db: Db, viewer: Viewer, now = new Date()): Promise<DueNow> {
  const { timeZone } = viewer.organisation
  const today = dayOf(now, timeZone)
  const [stamp, hourAgo] = [localOf(now, timeZone), localOf(new Date(now.getTime() - HOUR), timeZone)]
  const mine = db('tasks').modify(ofCards(viewer))
    .where('tasks.assignee_id', viewer.id).whereNull('done_at').whereNull('deleted_at')
    .whereRaw("late_from <= ?::date + interval '1 day' and due_on <= ?::date", [today, today]) // the first for the index, the second for midnight
    .orderBy('late_from', 'desc').limit(CAP)
    .select('tasks.id', 'what', 'due_time', 'late_from', 'noticed_at', db.raw("coalesce(clients.name, leads.number) as name, coalesce('/clients/' || tasks.client_id, '/leads/' || tasks.lead_id) as path"))
  const row = await db.with('mine', mine).from('mine').first(db.raw(`
    count(*) as count, coalesce(bool_or(late_from <= ?::timestamp), false) as overdue,
    coalesce(json_agg(json_build_object('id', id, 'what', what, 'time', to_char(due_time, 'HH24:MI'), 'card', json_build_object('path', path, 'name', name)) order by late_from, id)
      filter (where due_time is not null and noticed_at is null and late_from <= ?::timestamp and late_from > ?::timestamp), '[]') as notices`, [stamp, stamp, hourAgo])).options(PREPARED)
  return row as DueNow
}

/** What a page shows, in so many characters: a stream that begins later compares. */
export const printOf = ({ count, overdue, notices }: DueNow): string => [count, Number(overdue), ...notices.map(({ id }) => id)].join('-')

/** Who has tasks that came due between two moments. */
export async function whoseCameDue (db: Db, timeZone: string, after: Date, until: Date): Promise<number[]> {
  return db('tasks').whereNull('done_at').whereNull('deleted_at')
    .whereRaw('due_from > ?::timestamp and due_from <= ?::timestamp', [localOf(after, timeZone), localOf(until, timeZone)])
    .distinct('assignee_id').pluck('assignee_id')
}

/** The organisation's zone, or null before the first run. */
export async function findTimeZone (db: Db): Promise<string | null> {
  return (await db('organisation').first('time_zone'))?.time_zone ?? null
}
