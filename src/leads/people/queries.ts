import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { matching } from '../list/search.js'
import { findLead, lockLead, type Lead } from '../queries.js'
import { visibleLeads } from '../visibility.js'

export const PAGE_SIZE = 50

/** Somebody with one number, known only from leads: the newest of these stands for them. */
export interface Known {
  /** Of the number in that lead. */
  phone_id: number
  phone: string
  lead_id: number
  number: string
  created_at: Date
  /** What they were called, the newest first; how many leads there are. */
  names: string[]
  leads: number
  /** A client with that number all the same, whom the viewer may see. */
  client: { id: number, name: string } | null
}

/** The same as it is found first. */
interface Found extends Omit<Known, 'names' | 'leads' | 'client'> { key: string }

export interface People { rows: Known[], after: number | null }

// As the index has it: what isn't read as a number is told apart by its digits.
const NUMBER = 'coalesce(p.e164, p.digits)'

// An array of ids, because Postgres can look up an array's members beside another index.
const OF_NUMBERS = 'leads.id = any (array(select lead_id from lead_phones where coalesce(e164, digits) = any (?)))'

const THEIRS = 'join lead_phones p on p.lead_id = leads.id'
// Looked up for each lead that is met, in order: however many there are, a page has few.
const IN_ORDER = 'cross join lateral (select * from lead_phones where lead_id = leads.id offset 0) p'

/** Numbers of leads without a client that this viewer may see, archived ones left out. */
const numbersOf = (db: Db, viewer: Viewer, q = '', join = THEIRS) => db('leads').joinRaw(join).whereNull('leads.client_id').whereNull('leads.archived_at').modify(visibleLeads(viewer)).modify(matching(viewer, q))

/** A page of the people known only from leads, by the last of theirs that a search finds; those that follow a lead. */
export async function listPeople (db: Db, viewer: Viewer, { q, after }: { q: string, after: number | null }): Promise<People> {
  // Asked of each in order until the page is full: as an anti-join Postgres would read all of them first.
  const newer = numbersOf(db, viewer, q).whereRaw(`${NUMBER} = one.key and (leads.created_at, leads.id) > (one.created_at, one.lead_id)`).limit(1).select(db.raw('false'))
  const one = numbersOf(db, viewer, q, IN_ORDER).select('leads.id as lead_id', 'leads.number', 'leads.created_at', 'p.id as phone_id', 'p.position', 'p.display as phone', db.raw(`${NUMBER} as key`)).modify((query: Knex.QueryBuilder) => {
    if (after === null) return
    const place = db('leads').where('leads.id', after).modify(visibleLeads(viewer)).select('leads.created_at')
    query.whereRaw('(leads.created_at, leads.id) < (?, ?)', [place, after])
  })
  const found: Found[] = await db.from(one.as('one')).whereRaw('coalesce((?), true)', [newer])
    // Of several numbers in one lead the first stands for whoever gave them.
    .distinctOn(['created_at', 'lead_id']).orderByRaw('created_at desc, lead_id desc, position, phone_id').limit(PAGE_SIZE + 1).select('*')
  const rows = found.slice(0, PAGE_SIZE)
  return { rows: await describe(db, viewer, rows), after: found.length > PAGE_SIZE ? rows.at(-1)!.lead_id : null }
}

async function describe (db: Db, viewer: Viewer, rows: Found[]): Promise<Known[]> {
  if (rows.length === 0) return []
  const keys = rows.map(({ key }) => key)
  const [groups, clients]: [{ key: string, leads: number, names: string[] | null }[], { e164: string, id: number, name: string }[]] = await Promise.all([
    numbersOf(db, viewer).whereRaw(`${NUMBER} = any (?) and ${OF_NUMBERS}`, [keys, keys]).groupByRaw(NUMBER)
      .select(db.raw(`${NUMBER} as key, count(distinct leads.id)::int as leads, array_agg(leads.contact_name order by leads.created_at desc, leads.id desc) filter (where leads.contact_name <> '') as names`)),
    db('client_phones as n').join('clients', 'clients.id', 'n.client_id').whereRaw('n.e164 = any (?)', [keys]).whereNull('n.removed_at').modify(visibleTo(viewer)).orderBy('clients.id').select('n.e164', 'clients.id', 'clients.name')
  ])
  return rows.map(({ key, ...row }) => {
    const group = groups.find(one => one.key === key)
    const client = clients.find(({ e164 }) => e164 === key)
    const phone = seesContacts(viewer) ? row.phone : maskPhone(row.phone)
    return { ...row, phone, names: [...new Set<string>(group?.names ?? [])], leads: group?.leads ?? 1, client: client ? { id: client.id, name: client.name } : null }
  })
}

/** The leads without a client that have this number, the newest first, locked unless said otherwise. Throws NotFound where the viewer may see none. */
export async function lockLeadsOf (trx: Db, viewer: Viewer, phoneId: number | null, { lock = true } = {}): Promise<Lead[]> {
  const phone = phoneId === null ? undefined : await numbersOf(trx, viewer).where('p.id', phoneId).first(trx.raw(`${NUMBER} as key`))
  if (!phone) throw new NotFound()
  const ids: number[] = await numbersOf(trx, viewer).whereRaw(`${NUMBER} = ?`, [phone.key]).distinct().orderBy('leads.id').pluck('leads.id')
  const leads: Lead[] = []
  for (const id of ids) leads.unshift(await (lock ? lockLead : findLead)(trx, viewer, id))
  // Somebody else may have been quicker with one of them.
  const left = leads.filter(lead => lead.client_id === null && !lead.archived_at)
  if (left.length === 0) throw new NotFound()
  return left
}
