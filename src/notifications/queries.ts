import type { Knex } from 'knex'
import { maskPhone, readable, seesContacts } from '../clients/masking.js'
import { visibleTo } from '../clients/visibility.js'
import { visibleTalks } from '../conversations/queries.js'
import { PREPARED, type Db } from '../database/knex.js'
import type { LeadStatus } from '../leads/lead.js'
import { visibleLeads } from '../leads/visibility.js'
import type { Viewer } from '../web/viewer.js'
import type { Notice } from './notice.js'

/** A notification as its reader sees it: they may see the lead or the conversation it is of, its client's name only with that right, and phones as they may. */
export interface ShownNotice {
  id: number
  /** `talk`: a conversation was given to them. */
  notice: Notice | 'talk'
  at: Date
  read: boolean
  /** "/leads/42" */
  path: string
  /** The lead's; '' of a conversation. */
  number: string
  urgent: boolean
  /** The client or whoever the lead says; their phone when there is no name; '' when there is neither. */
  who: string
  phone: string | null
  by: string | null
  due_at: Date | null
  /** Of a move the status it led to, else the one the lead is in; null of a conversation. */
  status: Pick<LeadStatus, 'key' | 'labels'> | null
  /** Of a comment. */
  body: string | null
}

/** These notifications for a viewer, in the order of their ids given; those of leads that aren't theirs to see are left out. */
export async function readNotices (db: Db, viewer: Viewer, ids: readonly number[]): Promise<ShownNotice[]> {
  if (ids.length === 0) return []
  const client = db('clients').modify(visibleTo(viewer)).select('id', 'name').as('lc')
  const rows: Row[] = await db.from(db.raw('(select value::bigint as id, place from json_array_elements_text(?) with ordinality as w (value, place)) as wanted', [JSON.stringify(ids)]))
    .joinRaw('join notifications n on n.id = wanted.id left join leads on leads.id = n.lead_id left join events on events.id = n.event_id left join employees e on e.id = coalesce(n.by_id, events.employee_id)')
    .joinRaw("left join lead_statuses s on s.id = coalesce((events.details->>'to')::bigint, leads.status_id)")
    .joinRaw('left join conversations k on k.id = n.conversation_id left join clients c on c.id = k.client_id')
    .leftJoin(client, 'lc.id', 'leads.client_id').where('n.employee_id', viewer.id).modify(visibleOnes(viewer)).orderBy('wanted.place')
    .select('n.id', 'n.notice', 'n.at', 'n.lead_id', 'n.due_at', 'leads.number', 'leads.urgent', 'e.name as by', 'n.conversation_id', 'k.client_id', 'c.name as client', 'k.channel', 'k.address', 'k.stranger',
      db.raw(`n.read_at is not null as read, case when s.id is not null then json_build_object('key', s.key, 'labels', s.labels) end as status, case when events.deleted_at is null then events.body end as body, coalesce(lc.name, leads.contact_name) as who,
        coalesce((select display from client_phones p where p.client_id = lc.id and p.removed_at is null order by p.position, p.id limit 1),
          (select display from lead_phones p where p.lead_id = leads.id order by p.position, p.id limit 1)) as phone`)).options(PREPARED)
  const full = seesContacts(viewer)
  return rows.map(({ lead_id: lead, conversation_id: talk, client_id: clientId, client: name, channel, address, stranger, ...row }) => {
    if (talk !== null) return { ...row, number: '', urgent: false, path: clientId === null ? `/conversations/${talk}` : `/clients/${clientId}/conversation`, who: name ?? (stranger || readable(viewer, channel === 'email', address!)), phone: null }
    const phone = row.phone && !full ? maskPhone(row.phone) : row.phone
    return { ...row, path: `/leads/${lead}`, phone, who: row.who || (phone ?? '') }
  })
}

type Row = Omit<ShownNotice, 'path'> & { lead_id: number | null, conversation_id: number | null, client_id: number | null, client: string | null, channel: string | null, address: string | null, stranger: string | null }

/** Leaves the notifications `n` of leads and of conversations `k`, with clients `c`, that a viewer may see. */
const visibleOnes = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  query.where(some => {
    some.where(lead => { lead.whereNotNull('n.lead_id').modify(visibleLeads(viewer)) })
    if (viewer.can('messages.view')) some.orWhere(talk => { talk.whereNotNull('n.conversation_id').modify(visibleTalks(viewer)) })
  })
}

/** Of what somebody has unread: how many, CAP for more than can be told apart, and the newest. */
export interface News { count: number, newest: number }

/** Where counting stops: the bell says "99+". */
export const CAP = 100

const shownTo = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  query.leftJoin('leads', 'leads.id', 'n.lead_id').leftJoin('conversations as k', 'k.id', 'n.conversation_id').leftJoin('clients as c', 'c.id', 'k.client_id')
    .where('n.employee_id', viewer.id).where('n.in_app', true).modify(visibleOnes(viewer))
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

/** Marks one as read. Returns where what it is of stands, or null when there is none of the viewer's. */
export async function markRead (db: Db, viewer: Viewer, id: number | null): Promise<string | null> {
  const [known] = id === null ? [] : await readNotices(db, viewer, [id])
  if (!known) return null
  if (!known.read) await db('notifications').where({ id: known.id }).update({ read_at: db.fn.now() })
  return known.path
}

/** Marks all as read that somebody has seen: up to the newest that their page knew of. */
export async function markAllRead (db: Db, viewer: Viewer, upTo: number): Promise<void> {
  await db('notifications').where({ employee_id: viewer.id, in_app: true, read_at: null }).where('id', '<=', upTo).update({ read_at: db.fn.now() })
}

/** Forgets what is older than three months. */
export const forgetOldNotices = (db: Db): Promise<number> => db('notifications').whereRaw("at < now() - interval '90 days'").delete()
