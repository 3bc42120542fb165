import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../clients/masking.js'
import { visibleTo } from '../clients/visibility.js'
import { PREPARED, type Db } from '../database/knex.js'
import type { LeadStatus } from '../leads/lead.js'
import { visibleLeads } from '../leads/visibility.js'
import type { Viewer } from '../web/viewer.js'
import type { Notice } from './notice.js'

/** A notification as its reader sees it: they may see the lead, its client's name only with that right, and phones as they may. */
export interface ShownNotice {
  id: number
  notice: Notice
  at: Date
  read: boolean
  lead_id: number
  number: string
  urgent: boolean
  /** The client or whoever the lead says; their phone when there is no name; '' when there is neither. */
  who: string
  phone: string | null
  by: string | null
  due_at: Date | null
  /** Of a move the status it led to, else the one the lead is in. */
  status: Pick<LeadStatus, 'key' | 'labels'>
  /** Of a comment. */
  body: string | null
}

/** These notifications for a viewer, in the order of their ids given; those of leads that aren't theirs to see are left out. */
export async function readNotices (db: Db, viewer: Viewer, ids: readonly number[]): Promise<ShownNotice[]> {
  if (ids.length === 0) return []
  const client = db('clients').modify(visibleTo(viewer)).select('id', 'name').as('c')
  const rows = await db.from(db.raw('unnest(?::bigint[]) with ordinality as wanted (id, place)', [[...ids]]))
    .joinRaw('join notifications n on n.id = wanted.id join leads on leads.id = n.lead_id left join events on events.id = n.event_id left join employees e on e.id = events.employee_id')
    .joinRaw("join lead_statuses s on s.id = coalesce((events.details->>'to')::bigint, leads.status_id)")
    .leftJoin(client, 'c.id', 'leads.client_id').where('n.employee_id', viewer.id).modify(visibleLeads(viewer)).orderBy('wanted.place')
    .select('n.id', 'n.notice', 'n.at', 'n.lead_id', 'n.due_at', 'leads.number', 'leads.urgent', 'e.name as by',
      db.raw(`n.read_at is not null as read, json_build_object('key', s.key, 'labels', s.labels) as status, case when events.deleted_at is null then events.body end as body, coalesce(c.name, leads.contact_name) as who,
        coalesce((select display from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1),
          (select display from lead_phones p where p.lead_id = leads.id order by p.position, p.id limit 1)) as phone`))
  const full = seesContacts(viewer)
  return rows.map((row: ShownNotice) => {
    const phone = row.phone && !full ? maskPhone(row.phone) : row.phone
    return { ...row, phone, who: row.who || (phone ?? '') }
  })
}

/** Of what somebody has unread: how many, CAP for more than can be told apart, and the newest. */
export interface News { count: number, newest: number }

/** Where counting stops: the bell says "99+". */
export const CAP = 100

const shownTo = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  query.join('leads', 'leads.id', 'n.lead_id').where('n.employee_id', viewer.id).where('n.in_app', true).modify(visibleLeads(viewer))
}

/** What is unread, in one query by key. */
export async function findNews (db: Db, viewer: Viewer): Promise<News> {
  const unread = db('notifications as n').modify(shownTo(viewer)).whereNull('n.read_at').orderBy('n.id', 'desc').limit(CAP).select('n.id')
  return db.from(unread.as('unread')).first(db.raw('count(*)::int as count, coalesce(max(id), 0) as newest')).options(PREPARED) as unknown as Promise<News>
}

/** What a page shows, in so many characters: a stream that begins later compares. */
export const printOf = ({ count, newest }: News): string => `${count}-${newest}`

export const PAGE_SIZE = 30

/** Where a page begins: behind one of those that were unread, or read. */
export interface Place { read: boolean, id: number }

export interface NoticePage { rows: ShownNotice[], after: Place | null }

/** A page of somebody's notifications: those unread first, then those read, each the newest first. */
export async function listNotices (db: Db, viewer: Viewer, from: Place | null): Promise<NoticePage> {
  const found: Place[] = []
  for (const read of [false, true]) {
    if (from?.read && !read) continue
    const left = PAGE_SIZE + 1 - found.length
    if (left <= 0) break
    const ids: number[] = await db('notifications as n').modify(shownTo(viewer)).whereRaw(`n.read_at is ${read ? 'not ' : ''}null`)
      .modify(query => { if (from && from.read === read) query.where('n.id', '<', from.id) }).orderBy('n.id', 'desc').limit(left).pluck('n.id')
    found.push(...ids.map(id => ({ read, id })))
  }
  const shown = found.slice(0, PAGE_SIZE)
  return { rows: await readNotices(db, viewer, shown.map(({ id }) => id)), after: found.length > PAGE_SIZE ? shown.at(-1)! : null }
}

/** Marks one as read. Returns its lead, or null when there is none of the viewer's. */
export async function markRead (db: Db, viewer: Viewer, id: number | null): Promise<number | null> {
  const known = id === null ? undefined : await db('notifications as n').modify(shownTo(viewer)).where('n.id', id).first('n.id', 'n.lead_id', 'n.read_at')
  if (!known) return null
  if (!known.read_at) await db('notifications').where({ id: known.id }).update({ read_at: db.fn.now() })
  return known.lead_id
}

/** Marks all as read that somebody has seen: up to the newest that their page knew of. */
export async function markAllRead (db: Db, viewer: Viewer, upTo: number): Promise<void> {
  await db('notifications').where({ employee_id: viewer.id, in_app: true, read_at: null }).where('id', '<=', upTo).update({ read_at: db.fn.now() })
}

/** Forgets what is older than three months. */
export const forgetOldNotices = (db: Db): Promise<number> => db('notifications').whereRaw("at < now() - interval '90 days'").delete()
