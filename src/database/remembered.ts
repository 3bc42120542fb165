import type { Subject } from '../form-editor/definition.js'
import { prepared, type Db } from './knex.js'
import type { AsOf } from './unchanged.js'

/** A row of a list as it was read: its own id, and its client's, whose change is a change of it. */
export interface Told { readonly id: number, readonly client: number | null }

type Rows = Map<number, Told>
type Looks = Map<string, Rows>

/** What was changed since; `any`: anything at all may have been. */
interface Changes { clients: Set<number>, leads: Set<number>, views: boolean, any: boolean }

/** What was noted in shown_changes; null when nothing was. */
export type Noted = [Subject | 'views' | 'any', number][] | null

interface Memory {
  /** All changes that are seen in this snapshot of the database have been heeded. */
  asOf: string
  /** And in these, of those who are still at it. */
  heeded: Set<string>
  since: number
  /** By what is shown of them. What is asked for again passes into the younger generation as that fills. */
  young: Looks
  elder: Looks
  size: number
  /** What isn't rows, by what it is. */
  wholes: Map<string, Whole>
  /** What has come to light while rows are being read, which may be older. */
  reading: Set<Changes>
}

interface Whole { of: 'views' | undefined, found: unknown, until: number }

/** By database (its settings are one object for Knex and all its transactions). */
const memories = new WeakMap<object, Memory>()

// Rows in each of two generations.
const MOST = 1200
// For what no trigger tells of, as a database that was put back from a copy.
const LONGEST = 60_000
// More changes than these are not told apart.
const MOST_CHANGES = 500
const MOST_HEEDED = 200
const MOST_WHOLES = 500

/**
 * Rows of clients or leads by their ids, in the order in which these are given, of which only those are `read` that weren't before, or were changed since. `look` says
 * what is shown of them, and to whom: two of the same look are the same. `asOf` is what pg_current_snapshot() said when whoever asks began, and nothing they are
 * given is older. What changes such a row is noted in shown_changes by triggers, in its own transaction (migration 0047): the query that reads a session brings what has been
 * noted since the last one (`noting`), and where that hasn't happened another asks for it. Who may have changed something, or is in a transaction, reads anew. What is given is shared: leave it as it is.
 */
export async function remembered<R extends Told> (db: Db, asOf: AsOf, subject: Subject, look: string, ids: readonly number[], read: (ids: number[]) => Promise<R[]>): Promise<R[]> {
  if (asOf === undefined || db.isTransaction) return read([...ids])
  const memory = memoryOf(db, asOf), name = `${subject} ${look}`
  const given = new Map<number, R>()
  const readMissing = async () => {
    const missing = ids.filter(id => !given.has(id))
    if (missing.length > 0) for (const row of await readWatched(memory, subject, name, () => read(missing))) given.set(row.id, row)
  }
  // What was read before counts as soon as it is known what has changed since; the rest needn't wait for that.
  const recall = () => {
    for (const id of ids) {
      const row = given.has(id) ? undefined : recalled(memory, name, id)
      if (row) given.set(id, row as R)
    }
  }
  if (memory.heeded.has(asOf)) recall()
  else {
    const unknown = ids.filter(id => !isRecalled(memory, name, id))
    await Promise.all([
      catchUp(db, memory, asOf),
      unknown.length > 0 ? readWatched(memory, subject, name, () => read(unknown)).then(rows => { for (const row of rows) given.set(row.id, row) }) : null
    ])
    recall()
  }
  await readMissing()
  return ids.flatMap(id => given.get(id) ?? [])
}

/**
 * What isn't rows, as it was `read`, until `of` which it is was changed, or so many things at once that they weren't told apart; for `lasts` milliseconds at most. What hangs on
 * nothing that is noted is as old as that. The rest as of `remembered`.
 */
export async function rememberedWhole<T> (db: Db, asOf: AsOf, what: string, read: () => Promise<T>, { of, lasts = LONGEST }: { of?: 'views', lasts?: number } = {}): Promise<T> {
  if (asOf === undefined || db.isTransaction) return read()
  const memory = memoryOf(db, asOf)
  if (of && !memory.heeded.has(asOf)) await catchUp(db, memory, asOf)
  const before = recalledWhole<T>(db, what)
  if (before !== undefined) return before
  return watched(memory, read, (found, { views, any }) => {
    if (any || (of && views)) return
    if (memory.wholes.size >= MOST_WHOLES) memory.wholes.clear()
    memory.wholes.set(what, { of, found, until: performance.now() + lasts })
  })
}

/** The same, if it needn't be read. */
export function recalledWhole<T> (db: Db, what: string): T | undefined {
  const whole = db.isTransaction ? undefined : memories.get(db.client.config)?.wholes.get(what)
  return whole && whole.until > performance.now() ? whole.found as T : undefined
}

function memoryOf (db: Db, asOf: string): Memory {
  const before = memories.get(db.client.config)
  if (before && before.since + LONGEST > performance.now()) return before
  const memory: Memory = { asOf, heeded: new Set([asOf]), since: performance.now(), young: new Map(), elder: new Map(), size: 0, wholes: new Map(), reading: new Set() }
  memories.set(db.client.config, memory)
  return memory
}

const isRecalled = ({ young, elder }: Memory, name: string, id: number): boolean => Boolean(young.get(name)?.has(id) || elder.get(name)?.has(id))

function recalled (memory: Memory, name: string, id: number): Told | undefined {
  const row = memory.young.get(name)?.get(id)
  if (row) return row
  const old = memory.elder.get(name)?.get(id)
  if (old) remember(memory, name, old)
  return old
}

function remember (memory: Memory, name: string, row: Told): void {
  let rows = memory.young.get(name)
  if (!rows) memory.young.set(name, rows = new Map())
  rows.set(row.id, row)
  if (++memory.size > MOST) [memory.elder, memory.young, memory.size] = [memory.young, new Map(), 0]
}

/** Reads rows, and remembers those of which no change has come to light meanwhile: they may have been read before it. */
const readWatched = <R extends Told>(memory: Memory, subject: Subject, name: string, read: () => Promise<R[]>): Promise<R[]> =>
  watched(memory, read, (rows, meanwhile) => {
    for (const row of rows) if (!isTouched(subject, row, meanwhile)) remember(memory, name, row)
  })

async function watched<T> (memory: Memory, read: () => Promise<T>, keep: (found: T, meanwhile: Changes) => void): Promise<T> {
  const meanwhile: Changes = { clients: new Set(), leads: new Set(), views: false, any: false }
  memory.reading.add(meanwhile)
  try {
    const found = await read()
    keep(found, meanwhile)
    return found
  } finally {
    memory.reading.delete(meanwhile)
  }
}

const isTouched = (subject: Subject, { id, client }: Told, { clients, leads, any }: Changes): boolean =>
  any || (client !== null && clients.has(client)) || (subject === 'lead' && leads.has(id))

/** SQL for what was noted since the snapshot it takes, of the end of the table's key: a `Noted`. */
export const NOTED = `
  (select json_agg(json_build_array(subject, id)) from (select ?::pg_snapshot as seen) as last, lateral (
    select subject, id from shown_changes where xid >= pg_snapshot_xmin(seen) and not pg_visible_in_snapshot(xid, seen) order by xid limit ${MOST_CHANGES + 1}) as since
  where seen::text <> pg_current_snapshot()::text)`
const CHANGES = `select pg_current_snapshot()::text as as_of, ${NOTED} as noted`

/** For whoever reads something anyway before anything that is remembered: the snapshot that NOTED takes (null: nothing is remembered yet), and what to do with what it gave. */
export function noting (db: Db): { since: string | null, heed: (asOf: string, noted: Noted) => void } {
  const memory = memories.get(db.client.config)
  // Another memory that has begun meanwhile may not know what happened before `since`.
  return { since: memory?.asOf ?? null, heed: (asOf, noted) => { if (memory && memory === memories.get(db.client.config)) heed(memory, asOf, noted) } }
}

/** Forgets what was changed since anybody looked last, so that nobody who began at `asOf` is given anything older. */
async function catchUp (db: Db, memory: Memory, asOf: string): Promise<void> {
  const { rows: [{ as_of: now, noted }] } = await prepared<[{ as_of: string, noted: Noted }]>(db, CHANGES, [memory.asOf])
  heed(memory, now, noted)
  memory.heeded.add(asOf)
}

function heed (memory: Memory, asOf: string, noted: Noted): void {
  memory.asOf = asOf
  if (memory.heeded.size >= MOST_HEEDED) memory.heeded.clear()
  memory.heeded.add(asOf)
  if (!noted) return
  const of = (subject: string) => new Set(noted.flatMap(([changed, id]) => changed === subject ? id : []))
  const changes: Changes = { clients: of('client'), leads: of('lead'), views: of('views').size > 0, any: noted.length > MOST_CHANGES || of('any').size > 0 }
  for (const one of memory.reading) {
    for (const id of changes.clients) one.clients.add(id)
    for (const id of changes.leads) one.leads.add(id)
    one.views ||= changes.views
    one.any ||= changes.any
  }
  for (const [what, { of }] of memory.wholes) if (changes.any || (of && changes.views)) memory.wholes.delete(what)
  for (const looks of [memory.young, memory.elder]) {
    if (changes.any) looks.clear()
    else for (const [name, rows] of looks) for (const row of rows.values()) if (isTouched(name.startsWith('lead ') ? 'lead' : 'client', row, changes)) rows.delete(row.id)
  }
}

/**
 * Clears away what was noted. It may be that somebody hasn't asked for it yet: the note that anything may have changed stays for them. Once an
 * hour, that costs less than to know who has.
 */
export async function forgetNoted (db: Db): Promise<void> {
  await db.raw(`
    with gone as (delete from shown_changes where exists (select from shown_changes where subject <> 'any') returning 1)
    insert into shown_changes (subject, id) select 'any', 0 where exists (select from gone) on conflict do nothing`)
}
