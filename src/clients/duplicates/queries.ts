import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import { visibleTo } from '../visibility.js'
import { groupsOf, regroup } from './group.js'

/** Why clients are taken for one; the words people read are in the locales under `duplicates.reasons`. */
export const REASONS = ['phone', 'email', 'address', 'company'] as const
export type Reason = (typeof REASONS)[number]

/** How sure it is, by score from. */
export const CERTAINTIES = { certain: 90, likely: 75, possible: 1 } as const
export type Certainty = keyof typeof CERTAINTIES
export const certaintyOf = (score: number): Certainty => (Object.keys(CERTAINTIES) as Certainty[]).find(name => score >= CERTAINTIES[name])!

export const DUPLICATES_PAGE = 20
/** Of a group so many are shown, and merged, at once. */
const MOST_SHOWN = 50

export interface DuplicateFilter { reason: Reason | null, least: Certainty | null, client: number | null, after: { score: number, id: number } | null }

export interface Duplicate {
  id: number
  name: string
  kind: string
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
  address: string
  created_at: Date
  phones: string[]
  emails: string[]
}

export interface DuplicateGroup { id: number, score: number, certainty: Certainty, reasons: Reason[], /** `sure`: as certain as the group is said to be, not by a weaker likeness to one of it only. */ clients: (Duplicate & { sure: boolean })[] }

const seen = (db: Db, viewer: Viewer, group: string) => db('duplicate_members as m').join('clients as c', 'c.id', 'm.client_id').whereRaw(`m.group_id = ${group}`).whereNull('c.archived_at').modify(query => visibleTo(viewer)(query, 'c'))

/** A page of groups of clients that may be one, the surest first; of each only those the viewer may see, and none with fewer than two. */
export async function listDuplicates (db: Db, viewer: Viewer, { reason, least, client, after }: DuplicateFilter): Promise<{ groups: DuplicateGroup[], next: string | null }> {
  const rows: { id: number, score: number, reasons: Reason[] }[] = await db('duplicate_groups as g')
    .whereRaw('(?) = 2', [db.from(seen(db, viewer, 'g.id').select(db.raw('1')).limit(2).as('two')).count()])
    .modify(query => {
      if (reason) query.whereRaw('g.reasons @> array[?]', [reason])
      if (least) query.where('g.score', '>=', CERTAINTIES[least])
      if (client) query.whereIn('g.id', db('duplicate_members').where({ client_id: client }).select('group_id'))
      if (after) query.whereRaw('(g.score, g.id) < (?, ?)', [after.score, after.id])
    })
    .orderByRaw('g.score desc, g.id desc').limit(DUPLICATES_PAGE + 1).select('g.id', 'g.score', 'g.reasons')
  const page = rows.slice(0, DUPLICATES_PAGE)
  const last = rows.length > DUPLICATES_PAGE ? page.at(-1)! : null
  const members = await membersOf(db, viewer, page.map(({ id }) => id))
  const pairs = await pairsAmong(db, [...members.values()].flat().map(({ id }) => id))
  return { groups: page.map(group => sureOf({ ...group, certainty: certaintyOf(group.score) }, members.get(group.id) ?? [], pairs)), next: last && `${last.score}_${last.id}` }
}

type Scored = Parameters<typeof groupsOf>[0][number]

const pairsAmong = async (db: Db, ids: number[]): Promise<Scored[]> =>
  db('duplicate_pairs').whereRaw('a_id = any (:ids) and b_id = any (:ids)', { ids }).whereNull('dismissed_at').orderBy(['a_id', 'b_id']).select('a_id as a', 'b_id as b', 'score', 'reasons')

/** Tells of each client whether it hangs together with the surest ones by pairs that are as certain; where none is seen to be, all are. */
function sureOf (group: Omit<DuplicateGroup, 'clients'>, clients: Duplicate[], pairs: readonly Scored[]): DuplicateGroup {
  const seen = new Set(clients.map(({ id }) => id))
  const certain = groupsOf(pairs.filter(({ a, b, score }) => seen.has(a) && seen.has(b) && score >= CERTAINTIES[group.certainty]))
  const surest = certain.toSorted((one, other) => other.score - one.score || one.id - other.id)[0]?.clients
  return { ...group, clients: clients.map(client => ({ ...client, sure: surest?.includes(client.id) ?? true })) }
}

async function membersOf (db: Db, viewer: Viewer, groups: number[]): Promise<Map<number, Duplicate[]>> {
  if (groups.length === 0) return new Map()
  const rows: (Duplicate & { group_id: number })[] = await db('duplicate_groups as g').whereRaw('g.id = any (?)', [groups])
    .joinRaw(db.raw('cross join lateral ? as c', [seen(db, viewer, 'g.id').orderBy('c.id').limit(MOST_SHOWN).select('c.*')]) as never)
    .select('g.id as group_id', 'c.id', 'c.name', 'c.kind', 'c.is_supplier', 'c.is_conflicted', 'c.conflict_reason', 'c.address', 'c.created_at',
      db.raw("array(select display from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 4) as phones"),
      db.raw("array(select address from client_emails e where e.client_id = c.id and e.removed_at is null order by e.position, e.id limit 3) as emails"))
    .orderBy(['g.id', 'c.id'])
  const members = new Map<number, Duplicate[]>()
  for (const { group_id: group, ...row } of rows) members.set(group, [...members.get(group) ?? [], seesContacts(viewer) ? row : { ...row, phones: row.phones.map(maskPhone), emails: row.emails.map(maskEmail) }])
  return members
}

/** How many other clients may be this one, of those the viewer may see. */
export async function countDuplicates (db: Db, viewer: Viewer, client: number): Promise<number> {
  const row = await db('duplicate_members as d').join('duplicate_members as o', 'o.group_id', 'd.group_id').join('clients as c', 'c.id', 'o.client_id')
    .where('d.client_id', client).whereNot('o.client_id', client).whereNull('c.archived_at').modify(query => visibleTo(viewer)(query, 'c')).count({ count: '*' }).first()
  return Number(row!.count)
}

/** The same for the hint on a profile: nothing to those who may not merge them. */
export const countTwins = async (db: Db, viewer: Viewer, client: number): Promise<number> => viewer.can('clients.merge') ? countDuplicates(db, viewer, client) : 0

/** How many changed clients wait to be looked at, `most` meaning that many or more. */
export async function countWaiting (db: Db, most = 1000): Promise<number> {
  const [{ count }] = await db.from(db('duplicate_changes').select('id').limit(most).as('some')).count({ count: '*' }) as unknown as [{ count: number }]
  return Number(count)
}

/** Remembers that these clients are not one another; with `dismissed` false, takes that back. Returns how many pairs it was about. */
export async function setDismissed (trx: Db, by: Viewer, ids: readonly number[], dismissed: boolean): Promise<number> {
  const seen: number[] = await trx('clients').whereRaw('clients.id = any (?)', [[...ids]]).modify(visibleTo(by)).orderBy('id').forShare().pluck('id')
  const changed = await trx('duplicate_pairs').whereRaw('a_id = any (:seen) and b_id = any (:seen)', { seen }).modify(query => { if (dismissed) query.whereNull('dismissed_at'); else query.whereNotNull('dismissed_at') })
    .update(dismissed ? { dismissed_at: trx.fn.now(), dismissed_by: by.id } : { dismissed_at: null, dismissed_by: null })
  await regroup(trx, seen)
  return changed
}

export interface DismissedPair { clients: [Dismissed, Dismissed], reasons: Reason[], at: Date, by: string }
export interface Dismissed { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string }
/** Where the next page starts: its first pair comes behind this one. */
export interface DismissedPlace { at: string, a: number, b: number }

const SIDE = (side: string) => `json_build_object('id', ${side}.id, 'name', ${side}.name, 'is_supplier', ${side}.is_supplier, 'is_conflicted', ${side}.is_conflicted, 'conflict_reason', ${side}.conflict_reason)`

/** A page of the pairs that somebody said are not duplicates, the latest first; only those of whom the viewer may see both. */
export async function listDismissed (db: Db, viewer: Viewer, after: DismissedPlace | null): Promise<{ pairs: DismissedPair[], next: DismissedPlace | null }> {
  const rows: (DismissedPair & { place: string, a_id: number, b_id: number })[] = await db('duplicate_pairs as p')
    .join('clients as a', 'a.id', 'p.a_id').join('clients as b', 'b.id', 'p.b_id').join('employees as e', 'e.id', 'p.dismissed_by')
    .whereNull('a.archived_at').whereNull('b.archived_at').modify(query => { for (const side of ['a', 'b']) visibleTo(viewer)(query, side) })
    .modify(query => { if (after) query.whereRaw('(p.dismissed_at, p.a_id, p.b_id) < (?::timestamptz, ?, ?)', [after.at, after.a, after.b]) })
    .orderByRaw('p.dismissed_at desc, p.a_id desc, p.b_id desc').limit(DUPLICATES_PAGE + 1)
    .select(db.raw(`json_build_array(${SIDE('a')}, ${SIDE('b')}) as clients`), 'p.reasons', 'p.dismissed_at as at', 'e.name as by', db.raw('p.dismissed_at::text as place'), 'p.a_id', 'p.b_id')
  const shown = rows.slice(0, DUPLICATES_PAGE)
  const last = rows.length > DUPLICATES_PAGE ? shown.at(-1)! : null
  return { pairs: shown.map(({ clients, reasons, at, by }) => ({ clients, reasons, at, by })), next: last && { at: last.place, a: last.a_id, b: last.b_id } }
}

/** Whether anybody has said of any that they are not duplicates. */
export const hasDismissed = async (db: Db): Promise<boolean> => Boolean(await db('duplicate_pairs').whereNotNull('dismissed_by').first('a_id'))
