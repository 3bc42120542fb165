import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { recordEvent } from '../feed/record.js'
import { visibleTo } from '../visibility.js'
import { MOVING } from './belongings.js'
import { PARTS } from './fields.js'
import type { Kept, Stayed, Survived } from './kept.js'
import { insertValues, writeColumns } from './merge.js'

/** The merge can't be undone before a later one is that the survivor took part in. */
export class LaterFirst extends Error {
  constructor (readonly merge: number) { super('A later merge has to be undone first') }
}

interface Merge { id: number, survivor_id: number, at: string, before: Survived, undone_at: Date | null }

/**
 * Makes the merged clients again as they were, with what was theirs, and gives the survivor back what it had. What was changed since
 * is left as it is and named. Returns the survivor's id. Throws NotFound for a merge that isn't there, isn't the viewer's to see or is
 * undone already, and LaterFirst.
 */
export async function undoMerge (trx: Db, by: Viewer, id: number | null): Promise<number> {
  if (id === null) throw new NotFound()
  const known = await trx('client_merges').where({ id }).first('survivor_id')
  // Clients before anything that is of them, as everything else locks them.
  const survivor = known && await trx('clients').where({ 'clients.id': known.survivor_id }).modify(visibleTo(by)).forUpdate().first('id', 'version')
  if (!survivor) throw new NotFound()
  const merge: Merge | undefined = await trx('client_merges').where({ id, survivor_id: survivor.id }).whereNull('undone_at').forUpdate().first('id', 'survivor_id', 'before', 'undone_at', trx.raw('at::text as at'))
  if (!merge) throw new NotFound()
  const later = await trx('client_merges').where({ survivor_id: survivor.id }).where('id', '>', id).whereNull('undone_at').orderBy('id', 'desc').first('id')
  if (later) throw new LaterFirst(later.id)

  const clients: { client_id: number, name: string, kept: Kept }[] = await trx('client_merge_clients').where({ merge_id: id }).orderBy('client_id').select('client_id', 'name', 'kept')
  const ids = clients.map(({ client_id: one }) => one)
  const stayed = new Set<string>()
  await trx.raw("select set_config('clientela.putting_back', 'on', true)")
  for (const { client_id: one, kept } of clients) {
    await putRow(trx, kept.row)
    for (const { table, column } of MOVING) await moveBack(trx, table, column, survivor.id, one, kept.moved[table] ?? [])
    for (const table of ['client_phones', 'client_emails'] as const) await putPositions(trx, table, kept.positions[table])
  }
  await putDoubles(trx, merge, ids, stayed)
  await putColumns(trx, survivor.id, merge.before.columns, stayed)
  await putTags(trx, survivor.id, merge.before.tags, clients)
  await putConsents(trx, by, survivor.id, merge.before.consents, stayed)
  await takeValues(trx, survivor.id, merge.before.values, stayed)
  for (const { client_id: one, kept } of clients) await putValues(trx, one, kept.values, stayed)
  await trx.raw("select set_config('clientela.putting_back', '', true)")

  await trx('client_merge_clients').where({ merge_id: id }).delete()
  const [{ count }] = await trx('events').where({ client_id: survivor.id }).whereRaw("id > (select id from events where client_id = ? and kind = 'client.merged' and details ->> 'merge' = ? order by id desc limit 1)", [survivor.id, String(id)]).count({ count: '*' })
  const left: Stayed = { fields: [...stayed], entries: Number(count) }
  await trx('client_merges').where({ id }).update({ undone_at: trx.fn.now(), undone_by: by.id, stayed: JSON.stringify(left), before: '{}' })
  await recordEvent(trx, by, survivor.id, 'client.unmerged', { merge: id, clients: clients.map(({ client_id, name }) => ({ id: client_id, name })) })
  for (const one of ids) await recordEvent(trx, by, one, 'client.parted', { merge: id, from: survivor.id })
  return survivor.id
}

/** Inserts a client's row again. */
async function putRow (trx: Db, row: Kept['row']): Promise<void> {
  const { rows } = await trx.raw("select attname as name from pg_attribute where attrelid = 'clients'::regclass and attnum > 0 and not attisdropped and attgenerated = ''")
  const names = rows.map(({ name }: { name: string }) => name).filter((name: string) => name in row)
  const now = await withoutGone(trx, row)
  const list = names.map(() => '??').join(', ')
  await trx.raw(`insert into clients (${list}) overriding system value select ${list} from jsonb_populate_record(null::clients, ?)`, [...names, ...names, JSON.stringify(now)])
}

const NAMED = [['campaign_id', 'campaigns'], ['location_id', 'locations'], ['price_type_services_id', 'price_types'], ['price_type_products_id', 'price_types']] as const

/** Columns of a client as they are to come back; what they name may be no more (a campaign that was deleted), and is left out then. */
async function withoutGone (trx: Db, columns: Record<string, unknown>): Promise<Record<string, unknown>> {
  const now = { ...columns }
  for (const [column, table] of NAMED) if (now[column] && !await trx(table).where({ id: now[column] as number }).first('id')) now[column] = null
  return now
}

async function moveBack (trx: Db, table: string, column: string, from: number, to: number, ids: number[]): Promise<void> {
  if (ids.length > 0) await trx.raw(`update ${table} set ${column} = ? where id = any (?) and ${column} = ?`, [to, ids, from])
}

async function putPositions (trx: Db, table: string, positions: Record<string, number>): Promise<void> {
  await trx.raw(`update ${table} t set position = p.value::int from json_each_text(?) p where t.id = p.key::bigint`, [JSON.stringify(positions)])
}

/** What was taken off as a double is on again, unless somebody else has the number by now and the company's setting refuses that. */
async function putDoubles (trx: Db, { before, at, survivor_id: survivor }: Merge, clients: number[], stayed: Set<string>): Promise<void> {
  for (const [table, key, setting] of [['client_phones', 'e164', 'phone_uniqueness'], ['client_emails', 'address_key', 'email_uniqueness']] as const) {
    const doubles = before.doubles[table]
    if (doubles.length === 0) continue
    const { rows } = await trx.raw(`
      update ${table} t set removed_at = null
      where id = any (:doubles) and removed_at = :at::timestamptz and not (
        (select ${setting} from organisation limit 1) = 'refuse'
        and exists (select from ${table} o where o.${key} = t.${key} and o.removed_at is null and o.client_id <> all (:family))
      ) returning id`, { doubles, at, family: [...clients, survivor] })
    if (rows.length < doubles.length) stayed.add(table === 'client_phones' ? 'phones' : 'emails')
  }
}

/** Gives the survivor its former values where it still has those that the merge gave it, a part at a time. */
async function putColumns (trx: Db, survivor: number, columns: Survived['columns'], stayed: Set<string>): Promise<void> {
  const { rows: [{ row }] } = await trx.raw('select to_jsonb(c) as row from clients c where id = ?', [survivor])
  const back: Record<string, unknown> = {}
  const parts = [...Object.entries(PARTS).map(([name, { columns }]): [string, readonly string[]] => [name, columns]), ['created_at', ['created_at']] as [string, string[]]]
  for (const [name, of] of parts) {
    const mine = of.filter(column => column in columns)
    if (mine.length === 0) continue
    if (mine.every(column => JSON.stringify(row[column]) === JSON.stringify(columns[column]!.is))) for (const column of mine) back[column] = columns[column]!.was
    else stayed.add(name)
  }
  // A name that was changed beside the one that comes back may leave none at all.
  await trx.transaction(async inner => writeColumns(inner, survivor, await withoutGone(inner, back))).catch((error: { code?: string }) => {
    if (error.code !== '23514') throw error
    for (const name of Object.keys(back)) stayed.add(name)
  })
}

async function putTags (trx: Db, survivor: number, added: number[], clients: { client_id: number, kept: Kept }[]): Promise<void> {
  if (added.length > 0) await trx('client_tags').where({ client_id: survivor }).whereIn('tag_id', added).delete()
  for (const { client_id: one, kept } of clients) {
    await trx.raw('insert into client_tags (client_id, tag_id) select ?, id from tags where id = any (?) order by id on conflict do nothing', [one, kept.tags])
  }
}

/** Switches boxes back to what they were, with an entry in the history, which is only ever added to. */
async function putConsents (trx: Db, by: Viewer, survivor: number, consents: Survived['consents'], stayed: Set<string>): Promise<void> {
  for (const { table, id, channel, was, is } of consents) {
    const box = channel === 'email' ? 'agrees' : channel
    const [row] = await trx(table).where({ id, client_id: survivor, [box]: is }).update({ [box]: was }).returning(table === 'client_phones' ? ['display as address'] : ['address'])
    if (!row) {
      stayed.add(table === 'client_phones' ? 'phones' : 'emails')
      continue
    }
    await trx('consents').insert({ client_id: survivor, [table === 'client_phones' ? 'phone_id' : 'email_id']: id, channel, address: row.address, given: was, employee_id: by.id, source: 'unmerge' })
  }
}

/** Takes from the survivor the own values that the merge gave it, and gives it those it had. */
async function takeValues (trx: Db, survivor: number, values: Survived['values'], stayed: Set<string>): Promise<void> {
  for (const [field, { was, is }] of Object.entries(values)) {
    const { rows: [{ same, key }] } = await trx.raw(`
      select coalesce((select jsonb_agg(to_jsonb(v) - 'client_id' - 'sort_text' order by position) from client_values v where client_id = :survivor and field_id = :field), '[]') = :is::jsonb as same,
        (select key from fields where id = :field) as key`, { survivor, field: Number(field), is: JSON.stringify(is) })
    if (!same) {
      stayed.add(`own.${key}`)
      continue
    }
    await trx('client_values').where({ client_id: survivor, field_id: Number(field) }).delete()
    await putValues(trx, survivor, was, stayed)
  }
}

/** Puts values in again whose field, option and uniqueness are as they were; what can't be is named. */
async function putValues (trx: Db, client: number, rows: Kept['values'], stayed: Set<string>): Promise<void> {
  for (const field of new Set(rows.map(row => row.field_id as number))) {
    await trx.transaction(async inner => insertValues(inner, client, rows.filter(row => row.field_id === field))).catch(async (error: { code?: string }) => {
      if (error.code !== '23505' && error.code !== '23503') throw error
      const found = await trx('fields').where({ id: field }).first('key')
      if (found) stayed.add(`own.${found.key}`)
    })
  }
}
