import type { Subject } from '../form-editor/definition.js'
import { prepared, type Db } from './knex.js'
import type { AsOf } from './unchanged.js'

/** A row of a list as it was read: its own id, and its client's, whose change is a change of it. */
export interface Told { readonly id: number, readonly client: number | null }

type Rows = Map<number, Told>
type Looks = Map<string, Rows>

/** What was changed since; `any`: anything at all may have been. */
interface Changes { clients: Set<number>, leads: Set<number>, any: boolean }

interface Memory {
  /** All changes that are seen in this snapshot of the database have been heeded. */
  asOf: string
  since: number
  /** By what is shown of them. What is asked for again passes into the younger generation as that fills. */
  young: Looks
  elder: Looks
  size: number
  /** What has come to light while rows are being read, which may be older. */
  reading: Set<Changes>
}

/** By database (its settings are one object for Knex and all its transactions). */
const memories = new WeakMap<object, Memory>()

// Rows in each of two generations.
const MOST = 1200
// For what no trigger tells of, as a database that was put back from a copy.
const LONGEST = 60_000
// More changes than these are not told apart.
const MOST_CHANGES = 500

/**
 * Rows of clients or leads by their ids, in the order in which these are given, of which only those are `read` that weren't before, or were changed since. `look` says
 * what is shown of them, and to whom: two of the same look are the same. `asOf` is what pg_current_snapshot() said when whoever asks began, and nothing they are
 * given is older. What changes such a row is noted in shown_changes by triggers, in its own transaction (migration 0047): if that is another snapshot than the last one, one
 * query asks for what has been noted since. Who may have changed something, or is in a transaction, reads anew. What is given is shared: leave it as it is.
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
  if (memory.asOf === asOf) recall()
  else {
    const unknown = ids.filter(id => !isRecalled(memory, name, id))
    await Promise.all([
      catchUp(db, memory),
      unknown.length > 0 ? readWatched(memory, subject, name, () => read(unknown)).then(rows => { for (const row of rows) given.set(row.id, row) }) : null
    ])
    recall()
  }
  await readMissing()
  return ids.flatMap(id => given.get(id) ?? [])
}

function memoryOf (db: Db, asOf: string): Memory {
  const before = memories.get(db.client.config)
  if (before && before.since + LONGEST > performance.now()) return before
  const memory: Memory = { asOf, since: performance.now(), young: new Map(), elder: new Map(), size: 0, reading: new Set() }
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
async function readWatched<R extends Told> (memory: Memory, subject: Subject, name: string, read: () => Promise<R[]>): Promise<R[]> {
  const meanwhile: Changes = { clients: new Set(), leads: new Set(), any: false }
  memory.reading.add(meanwhile)
  try {
    const rows = await read()
    for (const row of rows) if (!isTouched(subject, row, meanwhile)) remember(memory, name, row)
    return rows
  } finally {
    memory.reading.delete(meanwhile)
  }
}

const isTouched = (subject: Subject, { id, client }: Told, { clients, leads, any }: Changes): boolean =>
  any || (client !== null && clients.has(client)) || (subject === 'lead' && leads.has(id))

// In the order of its key, of which it reads the end.
const CHANGES = `
  select pg_current_snapshot()::text as as_of, (select json_agg(json_build_array(subject, id)) from (
    select subject, id from shown_changes where xid >= pg_snapshot_xmin(?::pg_snapshot) and not pg_visible_in_snapshot(xid, ?::pg_snapshot) order by xid limit ${MOST_CHANGES + 1}) as since) as noted`

/** Forgets what was changed since anybody looked last. */
async function catchUp (db: Db, memory: Memory): Promise<void> {
  const { rows: [{ as_of: asOf, noted }] } = await prepared<[{ as_of: string, noted: [Subject | 'any', number][] | null }]>(db, CHANGES, [memory.asOf, memory.asOf])
  const of = (subject: string) => new Set((noted ?? []).flatMap(([changed, id]) => changed === subject ? id : []))
  const changes: Changes = { clients: of('client'), leads: of('lead'), any: (noted ?? []).length > MOST_CHANGES || of('any').size > 0 }
  memory.asOf = asOf
  if (!noted) return
  for (const { clients, leads } of memory.reading) {
    for (const id of changes.clients) clients.add(id)
    for (const id of changes.leads) leads.add(id)
  }
  if (changes.any) for (const one of memory.reading) one.any = true
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
