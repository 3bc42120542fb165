import type { Knex } from 'knex'
import { matching } from '../../clients/list/search.js'
import { readable, seesContacts } from '../../clients/masking.js'
import { readNumber } from '../../clients/phones/number.js'
import { visibleTo } from '../../clients/visibility.js'
import { anywhere } from '../../database/like.js'
import { PREPARED, type Db } from '../../database/knex.js'
import type { MessageChannel, MessageState } from '../../messages/message.js'
import type { Viewer } from '../../web/viewer.js'
import type { TalkClient } from '../conversation.js'
import { visibleTalks } from '../queries.js'
import type { InboxFilter, Place } from './filter.js'

export const PAGE_SIZE = 40

// Of so many clients found their conversations are looked for.
const MOST_FOUND = 1000

/** A conversation in the inbox, with the last that was said in it. */
export interface ListedTalk {
  id: number
  client: TalkClient | null
  who: string
  path: string
  unread: number
  closed_at: Date | null
  talked_at: Date
  assignee: string | null
  channel: MessageChannel
  /** Null when nothing of it is left. */
  last: { direction: 'in' | 'out', state: MessageState, subject: string | null, text: string, employee: string | null } | null
}

export interface InboxPage { rows: ListedTalk[], after: Place | null }

const SHOW: Record<InboxFilter['show'], (query: Knex.QueryBuilder, viewer: Viewer) => void> = {
  open: query => { query.whereNull('k.closed_at') },
  mine: (query, viewer) => { query.where('k.assignee_id', viewer.id).whereNull('k.closed_at') },
  unassigned: query => { query.whereNull('k.assignee_id').whereNull('k.closed_at') },
  unread: query => { query.where('k.unread', '>', 0) },
  closed: query => { query.whereNotNull('k.closed_at') }
}

/** A page of the inbox, the newest talk first. */
export async function listTalks (db: Db, viewer: Viewer, { show, channel, q, after }: InboxFilter): Promise<InboxPage> {
  const page = db('conversations as k').leftJoin('clients as c', 'c.id', 'k.client_id').whereNotNull('k.talked_at').modify(visibleTalks(viewer))
    .modify(query => {
      SHOW[show](query, viewer)
      if (channel) query.where('k.last_channel', channel)
      if (q) query.modify(found(db, viewer, q))
      if (after) query.whereRaw("(k.talked_at, k.id) < (timestamptz 'epoch' + ? * interval '1 microsecond', ?)", [after.at, after.id])
    })
    .orderBy([{ column: 'k.talked_at', order: 'desc' }, { column: 'k.id', order: 'desc' }]).limit(PAGE_SIZE + 1)
    .select('k.*', 'c.name', 'c.is_supplier', 'c.is_conflicted', 'c.conflict_reason', 'c.archived_at')
  const rows: Row[] = await db.from(page.as('k')).leftJoin('employees as e', 'e.id', 'k.assignee_id')
    .joinRaw(`left join lateral (
      select m.direction, m.state, m.subject, left(m.body_text, 200) as text, w.name as employee from messages m left join employees w on w.id = m.employee_id where m.conversation_id = k.id order by m.id desc limit 1
    ) m on true`)
    .orderBy([{ column: 'k.talked_at', order: 'desc' }, { column: 'k.id', order: 'desc' }])
    .select('k.id', 'k.client_id', 'k.channel', 'k.address', 'k.stranger', 'k.unread', 'k.closed_at', 'k.talked_at', 'k.last_channel', 'k.name', 'k.is_supplier', 'k.is_conflicted', 'k.conflict_reason', 'k.archived_at', 'e.name as assignee',
      db.raw("(extract(epoch from k.talked_at) * 1000000)::bigint as at, case when m.direction is not null then json_build_object('direction', m.direction, 'state', m.state, 'subject', m.subject, 'text', m.text, 'employee', m.employee) end as last"))
  const shown = rows.slice(0, PAGE_SIZE), end = shown.at(-1)
  return { rows: shown.map(row => listed(viewer, row)), after: rows.length > PAGE_SIZE ? { at: end!.at, id: end!.id } : null }
}

type Row = Omit<ListedTalk, 'client' | 'who' | 'path' | 'channel'> & TalkClient & { at: number, client_id: number | null, channel: MessageChannel | null, address: string | null, stranger: string, last_channel: MessageChannel }

function listed (viewer: Viewer, { id, client_id: clientId, channel, address, stranger, unread, closed_at, talked_at, last_channel: last, name, is_supplier, is_conflicted, conflict_reason, archived_at, assignee, last: said }: Row): ListedTalk {
  const client = clientId === null ? null : { id: clientId, name, is_supplier, is_conflicted, conflict_reason, archived_at }
  const who = client ? client.name : stranger || readable(viewer, channel === 'email', address!)
  return { id, client, who, path: client ? `/clients/${client.id}/conversation` : `/conversations/${id}`, unread, closed_at, talked_at, assignee, channel: last, last: said }
}

/** Leaves conversations with the clients that a search finds, and with strangers of this name, number or address: of who may not read these only by the whole of it. */
const found = (db: Db, viewer: Viewer, q: string) => (query: Knex.QueryBuilder): void => {
  const clients = db('clients').modify(visibleTo(viewer)).modify(matching(viewer, q)).limit(MOST_FOUND).select('clients.id')
  const { e164 } = readNumber(q, viewer.organisation.country)
  const digits = q.replace(/[^\d]/g, '').replace(/^0+/, '')
  const strangers = db('conversations').whereNull('client_id').where(some => {
    some.whereRaw(`fold(stranger) like ${anywhere('fold(?)')}`, [q]).orWhereRaw('address = ?', [e164 ?? q.toLowerCase()])
    if (!seesContacts(viewer)) return
    some.orWhereRaw(`(channel = 'email' and address like ${anywhere('?')})`, [q.toLowerCase()])
    if (digits.length >= 3) some.orWhereRaw(`(channel <> 'email' and address like ${anywhere('?')})`, [digits])
  }).limit(MOST_FOUND).select('id')
  query.whereRaw('k.id = any (array(select id from conversations where client_id = any (array(?)) union all (?)))', [clients, strangers])
}

/** Of what waits to be looked at: how many conversations, CAP for more than can be told apart. */
export const CAP = 100

/** How many conversations this viewer could look at have something unread, in one query by index. */
export async function countUnread (db: Db, viewer: Viewer): Promise<number> {
  const some = db('conversations as k').leftJoin('clients as c', 'c.id', 'k.client_id').where('k.unread', '>', 0).modify(visibleTalks(viewer)).limit(CAP).select('k.id')
  const row = await db.from(some.as('some')).first(db.raw('count(*)::int as count')).options(PREPARED)
  return (row as unknown as { count: number }).count
}
