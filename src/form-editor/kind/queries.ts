import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { visibleLeads } from '../../leads/visibility.js'
import { wordsOf } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import { beginChange } from '../changes.js'
import { isChoice, VALUES, type FieldKind, type OwnField, type Subject } from '../definition.js'
import { ChangedMeanwhile, findField } from '../fields/queries.js'
import { told, type ToldValue } from '../own/save.js'
import { shapeOf } from '../shape.js'
import { rowsOf, valueOf, type ValueRow } from '../value.js'
import { convert, folded, noWords, yesWords, type Converting } from './convert.js'

/** A value that the new kind has no place for, and whose it is: the client's name or the lead's number, for those who may see them. */
export interface LeftBehind { id: number, name: string | null, value: ToldValue }

export interface Conversion {
  /** How many have a value, and of how many it converts. */
  total: number
  converts: number
  /** The first fifty of the others. */
  left: LeftBehind[]
  /** Choices that words become. */
  newChoices: string[]
}

const CHUNK = 5000
const SHOWN = 50

/** Breaks off a transaction that was only to find out. */
class OnlyAsked extends Error {}

/** What changing a field's kind would do; changes nothing. */
export async function tryKind (db: Db, viewer: Viewer, subject: Subject, field: OwnField, kind: FieldKind): Promise<Conversion> {
  let found: Conversion | undefined
  try {
    await db.transaction(async trx => {
      const to = converting(viewer, field, kind)
      found = await sort(trx, viewer, subject, field, to)
      throw new OnlyAsked()
    })
  } catch (error) {
    if (!(error instanceof OnlyAsked)) throw error
  }
  return found!
}

/**
 * Changes a field's kind: what converts is converted; what doesn't leaves the field, and the feed of its client or lead keeps it. Throws NotFound, or
 * ChangedMeanwhile when the field isn't what the dry run was about.
 */
export async function changeKind (trx: Db, by: Viewer, subject: Subject, id: number | null, version: number, kind: FieldKind): Promise<Conversion> {
  const tell = await beginChange(trx, by, subject)
  // Whoever is saving a value of it goes first; who comes later finds another kind.
  await trx('fields').where({ id }).forUpdate().first('id')
  const field = findField(await shapeOf(trx, subject), id)
  if (field.version !== version || field.removed || field.kind === kind) throw new ChangedMeanwhile(field)
  const to = converting(by, field, kind)
  const conversion = await sort(trx, by, subject, field, to)
  // In this order, so that the search forgets the old texts and learns the new.
  const { table, owner } = VALUES[subject]
  await trx(table).where({ field_id: field.id }).delete()
  const keepsOptions = isChoice(field.kind) && isChoice(kind)
  if (!keepsOptions) await trx('field_options').where({ field_id: field.id }).delete()
  const options = isChoice(kind) ? await makeOptions(trx, by, field, to, keepsOptions) : []
  const keepsDefault = ['short_text', 'long_text'].includes(kind) && ['short_text', 'long_text', 'number'].includes(field.kind)
  await trx('fields').where({ id }).update({ kind, version: version + 1, ...(!keepsDefault && { default_value: '' }) })
  await trx.raw(`
    insert into ${table} (${owner}, field_id, position, text_value, number_value, day_value, moment_value, option_id, unique_key)
    select owner_id, :field, position, text_value, number_value, day_value, moment_value, (:options::bigint[])[option_id + 1], case when :kind = 'unique_id' then unique_key(text_value) end
    from converted`, { field: field.id, kind, options })
  await tellOwners(trx, by, subject, field)
  await tell('field_converted', { field: field.id, labels: field.labels }, {
    kind: 'forms.field_converted',
    subject: { type: 'field', id: field.id, name: wordsOf(field.labels, by.organisation.language, 'en') },
    changes: [{ field: 'field_kind', old: field.kind, new: kind }]
  })
  return conversion
}

function converting ({ organisation }: Viewer, field: OwnField, kind: FieldKind): Converting {
  const { timeZone, country, language } = organisation
  return { field, kind, timeZone, country, language, yes: yesWords(), no: noWords(), choices: new Map() }
}

/** Sorts every value into what converts and what doesn't, in tables that end with the transaction; a chunk at a time, so that memory stays flat. */
async function sort (trx: Db, viewer: Viewer, subject: Subject, field: OwnField, to: Converting): Promise<Conversion> {
  await trx.raw('create temp table converted (owner_id bigint, position smallint, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id int) on commit drop')
  await trx.raw('create temp table left_behind (owner_id bigint, value jsonb) on commit drop')
  const { table, owner } = VALUES[subject]
  let total = 0
  for (let last = 0; ;) {
    const chunk: (ValueRow & { owner_id: number })[] = (await trx.raw(`
      select ${owner} as owner_id, field_id, position, text_value, number_value::float8 as number_value, day_value, moment_value, option_id from ${table}
      where field_id = :field and ${owner} in (select ${owner} from ${table} where field_id = :field and ${owner} > :last group by 1 order by 1 limit ${CHUNK}) order by ${owner}, position`,
    { field: field.id, last })).rows
    if (chunk.length === 0) break
    last = chunk.at(-1)!.owner_id
    total += await sortChunk(trx, field, to, chunk)
  }
  if (to.kind === 'unique_id') await leaveDoubles(trx)
  const [{ count }] = await trx('left_behind').count('* as count') as unknown as [{ count: number }]
  const left = await trx('left_behind').orderBy('owner_id').limit(SHOWN).select('owner_id as id', 'value')
  const names = await NAMES[subject](trx, viewer, left.map(({ id }) => id))
  return { total, converts: total - Number(count), left: left.map(({ id, value }) => ({ id, name: names.get(id) ?? null, value })), newChoices: [...to.choices.values()].map(({ label }) => label) }
}

/** How those who may be seen are called. */
const NAMES: Record<Subject, (trx: Db, viewer: Viewer, ids: number[]) => Promise<Map<number, string>>> = {
  client: async (trx, viewer, ids) => named(await trx('clients').whereIn('clients.id', ids).modify(visibleTo(viewer)).select('id', 'name')),
  lead: async (trx, viewer, ids) => named(await trx('leads').whereIn('leads.id', ids).modify(visibleLeads(viewer)).select('id', 'number as name'))
}

const named = (rows: { id: number, name: string }[]) => new Map(rows.map(({ id, name }) => [id, name]))

async function sortChunk (trx: Db, field: OwnField, to: Converting, rows: (ValueRow & { owner_id: number })[]): Promise<number> {
  const byOwner = new Map<number, ValueRow[]>()
  for (const row of rows) byOwner.set(row.owner_id, [...byOwner.get(row.owner_id) ?? [], row])
  const converted: object[] = []
  const left: object[] = []
  for (const [owner_id, rows] of byOwner) {
    const value = valueOf(field, rows.map(row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as ValueRow))
    const becomes = convert(value, to)
    if (becomes === undefined) left.push({ owner_id, value: told(field, value) })
    else converted.push(...rowsOf({ id: field.id, kind: to.kind }, becomes).map(row => ({ ...row, owner_id })))
  }
  await trx.raw(`insert into converted select owner_id, position, text_value, number_value, day_value, moment_value, option_id
    from json_to_recordset(?) as r(owner_id bigint, position smallint, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id int)`, [JSON.stringify(converted)])
  await trx.raw('insert into left_behind select owner_id, value from json_to_recordset(?) as r(owner_id bigint, value jsonb)', [JSON.stringify(left)])
  return byOwner.size
}

// Of those with one id the first keeps it.
async function leaveDoubles (trx: Db): Promise<void> {
  await trx.raw(`
    with doubles as (select owner_id, row_number() over (partition by unique_key(text_value) order by owner_id) as place from converted),
      taken as (delete from converted c using doubles d where c.owner_id = d.owner_id and d.place > 1 returning c.owner_id, c.text_value)
    insert into left_behind select owner_id, to_jsonb(text_value) from taken`)
}

/** The options by their place among the choices. */
async function makeOptions (trx: Db, by: Viewer, field: OwnField, to: Converting, kept: boolean): Promise<number[]> {
  if (kept) {
    // Of several defaults one choice can have only the first.
    const first = field.options.find(({ is_default, retired }) => is_default && !retired)
    if (to.kind === 'one_choice') await trx('field_options').where({ field_id: field.id }).whereNot({ id: first?.id ?? 0 }).update({ is_default: false })
    return field.options.map(({ id }) => id)
  }
  const labels = [...to.choices.values()].map(({ label }) => label)
  if (labels.length === 0) return []
  const made = await trx('field_options').insert(labels.map((label, position) => ({ field_id: field.id, position, labels: { [by.organisation.language]: label } }))).returning(['id', 'labels'])
  const ids = new Map(made.map(({ id, labels }) => [folded(wordsOf(labels, by.organisation.language, 'en')), id]))
  return labels.map(label => ids.get(folded(label)))
}

// What left a field stays readable in the feed. It is no sign of life of a client or lead: the lists' order stays.
async function tellOwners (trx: Db, by: Viewer, subject: Subject, field: OwnField): Promise<void> {
  const { owner, owners } = VALUES[subject]
  await trx.raw(`
    with touched as (update ${owners} c set version = version + 1 from left_behind l where c.id = l.owner_id returning c.id, c.version, l.value)
    insert into events (${owner}, kind, employee_id, version, details)
    select id, :kind, :by, version, jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('field', :name::text, 'own', :own::jsonb, 'old', value, 'new', null))) from touched order by id`,
  { kind: `${subject}.changed`, by: by.id, name: `own.${field.key}`, own: JSON.stringify({ kind: field.kind, labels: field.labels }) })
}
