import type { Db } from '../../database/knex.js'
import type { Shape } from '../../form-editor/definition.js'
import type { FieldError } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import type { Client } from '../client.js'
import type { Details } from '../feed/event.js'
import { recordEvent } from '../feed/record.js'
import { findClients, namedValue } from '../queries.js'
import { visibleTo } from '../visibility.js'
import { BELONGINGS, MOVING } from './belongings.js'
import { unitedEmails, unitedPhones, type United } from './contacts.js'
import { ALL, compare, hasName, joinNotes, MOST_NOTE, PARTS, type Line, type Part } from './fields.js'
import type { Kept, Survived } from './kept.js'

/** Some of the clients aren't there any more, or were changed since the page that merges them was shown. */
export class NotAsSeen extends Error {
  constructor (readonly gone: number[], readonly changed: number[]) { super('The clients are not as they were seen') }
}

/** What was chosen can't be, by words of the locales: nothing is changed. */
export class CannotMerge extends Error {
  constructor (readonly said: FieldError) { super('The choice makes no client') }
}

/** Those of the ids that are clients this viewer may see. */
export async function present (db: Db, viewer: Viewer, ids: readonly number[]): Promise<number[]> {
  const found: number[] = await db('clients').whereRaw('clients.id = any (?)', [[...ids]]).modify(visibleTo(viewer)).pluck('id')
  return ids.filter(id => found.includes(id))
}

export interface Wish { ids: readonly number[], survivor: number, picks: ReadonlyMap<string, string>, seen: ReadonlyMap<number, number> }

/**
 * Makes one client of several: the survivor has the values that were chosen, all phones, e-mails and tags once, and everything that
 * belonged to the others. They are rows of `clients` no more. Returns the merge's id. Throws NotAsSeen and CannotMerge.
 */
export async function mergeClients (trx: Db, by: Viewer, shape: Shape, { ids, survivor, picks, seen }: Wish): Promise<number> {
  const locked: { id: number, version: number }[] = await trx('clients').whereRaw('clients.id = any (?)', [[...ids]]).modify(visibleTo(by)).orderBy('id').forUpdate().select('id', 'version')
  const gone = ids.filter(id => !locked.some(row => row.id === id))
  const changed = locked.filter(({ id, version }) => seen.has(id) && seen.get(id) !== version).map(({ id }) => id)
  if (gone.length + changed.length > 0) throw new NotAsSeen(gone, changed)

  const order = [survivor, ...ids.filter(id => id !== survivor)]
  const others = order.slice(1)
  const clients = await findClients(trx, by, order)
  const lines = compare(by, shape, clients, survivor, picks)
  if (!hasName(lines)) throw new CannotMerge({ key: 'merging.no_name' })
  if (lines.some(({ picked }) => picked === ALL) && joinNotes(clients.map(({ note }) => note)).length > MOST_NOTE) throw new CannotMerge({ key: 'merging.long_note', values: { max: MOST_NOTE } })
  const [phones, emails] = [await unitedPhones(trx, order), await unitedEmails(trx, order)]
  const [{ id: merge, at }] = await trx('client_merges').insert({ survivor_id: survivor, client_ids: others, employee_id: by.id }).returning(['id', trx.raw('at::text as at')])

  const rows = await rowsOf(trx, order)
  const kept = await keep(trx, rows, others)
  await appendPositions(trx, order)
  for (const { table, column } of MOVING) await moveRows(trx, table, column, others, survivor, kept)
  const consents = [...await uniteContacts(trx, by, survivor, 'client_phones', phones, at), ...await uniteContacts(trx, by, survivor, 'client_emails', emails, at)]
  const doubles = { client_phones: phones.flatMap(one => one.doubles), client_emails: emails.flatMap(one => one.doubles) }
  const tags = await uniteTags(trx, order, kept)
  const values = await chooseValues(trx, order, lines, kept)
  const columns = await chooseColumns(trx, order, lines, rows)

  await trx('client_merges').where({ id: merge }).update({ before: JSON.stringify({ columns, tags, values, consents, doubles } satisfies Survived) })
  await trx('client_merge_clients').insert(others.map(id => ({ client_id: id, merge_id: merge, name: clients.find(client => client.id === id)!.name, kept: JSON.stringify(kept.get(id)) })))
  await assertNothingLeft(trx, others)
  await trx('clients').whereIn('id', others).delete()
  await recordEvent(trx, by, survivor, 'client.merged', { merge, clients: clients.slice(1).map(({ id, name }) => ({ id, name })), changes: await told(trx, clients, lines) })
  // Whoever has the page of one of them open is led on by its next question.
  for (const id of others) await trx.raw("select pg_notify('clientela', json_build_object('topic', 'client:' || ?::bigint, 'event', 0, 'is_new', true)::text)", [id])
  return merge
}

type Row = Record<string, any>

async function rowsOf (trx: Db, ids: readonly number[]): Promise<Map<number, Row>> {
  const { rows } = await trx.raw('select id, to_jsonb(c) as row from clients c where id = any (?)', [[...ids]])
  return new Map(rows.map(({ id, row }: { id: number, row: Row }) => [id, row]))
}

async function keep (trx: Db, rows: ReadonlyMap<number, Row>, others: readonly number[]): Promise<Map<number, Kept>> {
  const positions = async (table: string) => {
    const { rows } = await trx.raw('select client_id, json_object_agg(id, position) as positions from ?? where client_id = any (?) group by client_id', [table, [...others]])
    return new Map<number, Record<string, number>>(rows.map((row: { client_id: number, positions: Record<string, number> }) => [row.client_id, row.positions]))
  }
  const [phones, emails] = [await positions('client_phones'), await positions('client_emails')]
  return new Map(others.map(id => [id, {
    row: rows.get(id)!, moved: {}, positions: { client_phones: phones.get(id) ?? {}, client_emails: emails.get(id) ?? {} }, tags: [], values: []
  }]))
}

// What the others bring stands behind what the survivor has.
async function appendPositions (trx: Db, order: readonly number[]): Promise<void> {
  for (const table of ['client_phones', 'client_emails']) {
    await trx.raw(`
      update ${table} t set position = place.position from (
        select id, (select coalesce(max(position), -1) from ${table} where client_id = :first) + row_number() over (order by array_position(:others::bigint[], client_id), position, id) as position
        from ${table} where client_id = any (:others)
      ) place where place.id = t.id`, { first: order[0]!, others: order.slice(1) })
  }
}

async function moveRows (trx: Db, table: string, column: string, from: readonly number[], to: number, kept: ReadonlyMap<number, Kept>): Promise<void> {
  const { rows } = await trx.raw(`
    with mine as (select id, ${column} as owner from ${table} where ${column} = any (:from)),
    moved as (update ${table} t set ${column} = :to from mine where t.id = mine.id returning t.id, mine.owner)
    select owner, array_agg(id)::float8[] as ids from moved group by owner`, { from: [...from], to })
  for (const { owner, ids } of rows) kept.get(owner)!.moved[table] = ids
}

/** Takes the doubles off and switches the boxes of what stays to the last word of all of them. */
async function uniteContacts (trx: Db, by: Viewer, survivor: number, table: 'client_phones' | 'client_emails', united: readonly United[], at: string): Promise<Survived['consents']> {
  const doubles = united.flatMap(one => one.doubles)
  if (doubles.length > 0) await trx(table).whereIn('id', doubles).update({ removed_at: at })
  const switched: Survived['consents'] = []
  for (const { id, display, boxes } of united) {
    for (const { channel, was, is, word } of boxes.filter(box => box.was !== box.is)) {
      await trx(table).where({ id }).update({ [channel === 'email' ? 'agrees' : channel]: is })
      await trx.raw(`
        insert into consents (client_id, phone_id, email_id, channel, address, given, employee_id, source, how, wording_id)
        select :survivor, :phone, :email, :channel, :display, :is, :by, 'merge', how, wording_id from consents where id = :word`,
      { survivor, phone: table === 'client_phones' ? id : null, email: table === 'client_emails' ? id : null, channel, display, is, by: by.id, word })
      switched.push({ table, id, channel, was, is })
    }
  }
  return switched
}

async function uniteTags (trx: Db, order: readonly number[], kept: ReadonlyMap<number, Kept>): Promise<number[]> {
  const rows: { client_id: number, tag_id: number }[] = await trx('client_tags').whereIn('client_id', order).select('client_id', 'tag_id')
  for (const { client_id: id, tag_id: tag } of rows) kept.get(id)?.tags.push(tag)
  await trx('client_tags').whereIn('client_id', order.slice(1)).delete()
  const mine = new Set(rows.filter(row => row.client_id === order[0]).map(row => row.tag_id))
  const added = [...new Set(rows.map(row => row.tag_id))].filter(tag => !mine.has(tag)).sort((a, b) => a - b)
  if (added.length > 0) await trx('client_tags').insert(added.map(tag_id => ({ client_id: order[0], tag_id })))
  return added
}

const VALUES = 'field_id, position, text_value, number_value, day_value, moment_value, option_id, unique_key'

/** Gives the survivor the own values that were chosen. Returns those of its own that it had otherwise, and what it has now. */
async function chooseValues (trx: Db, order: readonly number[], lines: readonly Line[], kept: ReadonlyMap<number, Kept>): Promise<Survived['values']> {
  const survivor = order[0]!
  const { rows } = await trx.raw(`select client_id, field_id, jsonb_agg(to_jsonb(v) - 'client_id' - 'sort_text' order by position) as rows from client_values v where client_id = any (?) group by client_id, field_id`, [[...order]])
  const of = (client: number, field: number): Row[] => rows.find((row: Row) => row.client_id === client && row.field_id === field)?.rows ?? []
  for (const { client_id: client, rows: own } of rows) kept.get(client)?.values.push(...own)

  const changed: Survived['values'] = {}
  for (const field of new Set<number>(rows.map((row: Row) => row.field_id))) {
    const line = lines.find(({ own }) => own?.id === field)
    // Of a field that was removed from the form the survivor's stays, or the first there is.
    const from = line ? line.picked as number : order.find(client => of(client, field).length > 0)!
    if (from !== survivor) changed[field] = { was: of(survivor, field), is: of(from, field) }
  }
  await trx('client_values').whereIn('client_id', order.slice(1)).delete()
  await trx('client_values').where({ client_id: survivor }).whereIn('field_id', Object.keys(changed).map(Number)).delete()
  await insertValues(trx, survivor, Object.values(changed).flatMap(({ is }) => is))
  return changed
}

/** Puts rows of client_values, kept as JSON, in for a client. */
export async function insertValues (trx: Db, client: number, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  await trx.raw(`insert into client_values (client_id, ${VALUES}) select ?, ${VALUES} from jsonb_populate_recordset(null::client_values, ?)`, [client, JSON.stringify(rows)])
}

/** Writes the chosen columns into the survivor's row. Returns each that changed, as it was and as it is now. */
async function chooseColumns (trx: Db, order: readonly number[], lines: readonly Line[], rows: ReadonlyMap<number, Row>): Promise<Survived['columns']> {
  const mine = rows.get(order[0]!)!
  const is: Row = {}
  for (const [part, { columns }] of Object.entries(PARTS)) {
    const { picked } = lines.find(({ name }) => name === part)!
    for (const column of columns) is[column] = picked === ALL ? joinNotes(order.map(id => rows.get(id)!.note)) : rows.get(picked)![column]
  }
  // It has been a client for as long as any of them.
  is.created_at = [...rows.values()].map(({ created_at: at }) => at as string).sort((a, b) => Date.parse(a) - Date.parse(b))[0]
  const changed = Object.fromEntries(Object.keys(is).filter(column => JSON.stringify(is[column]) !== JSON.stringify(mine[column])).map(column => [column, { was: mine[column], is: is[column] }]))
  await writeColumns(trx, order[0]!, Object.fromEntries(Object.entries(changed).map(([column, { is }]) => [column, is])))
  return changed
}

/** Writes columns of a client's row that were kept as JSON, in one statement, as some hold each other. */
export async function writeColumns (trx: Db, client: number, columns: Row): Promise<void> {
  const names = Object.keys(columns)
  if (names.length === 0) return
  const list = names.map(() => '??').join(', ')
  await trx.raw(`update clients set (${list}) = (select ${list} from jsonb_populate_record(null::clients, ?)) where id = ?`, [...names, ...names, JSON.stringify(columns), client])
}

/** What a table added later would lose without being told of in belongings.ts stops the merge instead. */
async function assertNothingLeft (trx: Db, ids: readonly number[]): Promise<void> {
  for (const { table, column, merge } of BELONGINGS) {
    if (merge !== 'goes' && await trx(table).whereIn(column, ids).first(trx.raw('1'))) throw new Error(`${table} still has rows of a client that was merged`)
  }
}

/** What the merge changed about the survivor, as the feed tells it. */
async function told (trx: Db, clients: readonly Client[], lines: readonly Line[]): Promise<Details['client.changed']['changes']> {
  const survivor = clients[0]!
  const changes: Details['client.changed']['changes'] = []
  for (const { name, own, values, picked, isEqual } of lines) {
    if (isEqual || picked === survivor.id) continue
    if (own) {
      const toldOf = (id: number) => values.find(({ client }) => client === id)!.told ?? null
      changes.push({ field: name as `own.${string}`, own: { kind: own.kind, labels: own.labels }, old: toldOf(survivor.id), new: toldOf(picked as number) })
      continue
    }
    for (const field of PARTS[name as Part].fields) {
      const old = survivor[field]
      const is = picked === ALL ? joinNotes(clients.map(({ note }) => note)) : clients.find(({ id }) => id === picked)![field]
      if (old !== is) changes.push({ field, old: await namedValue(trx, field, old), new: await namedValue(trx, field, is) })
    }
  }
  return changes
}
