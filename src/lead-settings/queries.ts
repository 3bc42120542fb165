import { randomUUID } from 'node:crypto'
import type { AuditKind } from '../audit/entry.js'
import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Step } from '../choices/queries.js'
import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus, type LeadType } from '../leads/lead.js'
import { listStatuses } from '../leads/statuses.js'
import { listTypes, typeName } from '../leads/types.js'
import { nameOf as nameOfStatus, reordered } from '../lead-statuses/queries.js'
import { NotFound } from '../web/errors.js'
import { translator } from '../web/i18n.js'
import { wordsOf } from '../web/labels.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import type { NumberValues, TypeValues } from './form.js'
import { numberOf, parseTemplate, periodOf, type Restarts } from './template.js'

export interface LeadSettings { template: string, restarts: Restarts, defaultTypeId: number, version: number }

/** A type as its list shows it. */
export interface ShownType extends LeadType { removed: boolean, leads: boolean }

/** Somebody else changed it since the form was shown. */
export class TypeChanged extends Error {
  constructor (readonly now: LeadType) { super() }
}

export async function findSettings (db: Db): Promise<LeadSettings> {
  const [settings] = await db('lead_settings').select('number_template as template', 'restarts', 'default_type_id as defaultTypeId', 'version')
  return settings
}

/** Writes how numbers are made. Throws Refusal when somebody else did so meanwhile. */
export async function saveNumbers (trx: Db, by: Viewer, { template, restarts, version }: NumberValues): Promise<void> {
  const now = await trx('lead_settings').forUpdate().first('number_template', 'restarts', 'version')
  if (version !== null && version !== now.version) throw new Refusal({ form: { key: 'lead_settings.numbers_meanwhile', values: { template: now.number_template } } })
  await trx('lead_settings').update({ number_template: template, restarts }).increment('version')
  if (restarts !== now.restarts) await goOnCounting(trx, by.organisation.timeZone, now.restarts, restarts)
  await recordChanges(trx, by, 'leads.numbers', {
    changes: changesBetween({ number_template: now.number_template, number_restarts: now.restarts }, { number_template: template, number_restarts: restarts })
  })
}

// A counter that restarts otherwise goes on from where the other one is: from 1 it would come through numbers that leads have.
async function goOnCounting (trx: Db, timeZone: string, before: Restarts, restarts: Restarts): Promise<void> {
  const date = await today(trx, timeZone)
  await trx.raw(`
    insert into lead_counters as c (period, last) select ?, last from lead_counters where period = ?
    on conflict (period) do update set last = greatest(c.last, excluded.last)`, [periodOf(restarts, date), periodOf(before, date)])
}

const today = async (db: Db, timeZone: string): Promise<{ year: number, month: number }> =>
  (await db.raw('select extract(year from now() at time zone :zone)::int as year, extract(month from now() at time zone :zone)::int as month', { zone: timeZone })).rows[0]

/** A number as a lead of a location (null: of none) would be given it next. */
export interface Sample { location: string | null, number: string }

/** What a template that can be read makes next: of a lead without a location, and of some locations where it names them. */
export async function sampleNumbers (db: Db, { template, restarts }: Pick<NumberValues, 'template' | 'restarts'>, timeZone: string): Promise<Sample[]> {
  const { parts } = parseTemplate(template)
  if (!parts) return []
  const [{ year, month }, now] = await Promise.all([today(db, timeZone), findSettings(db)])
  const taken = await db('lead_counters').whereIn('period', [restarts, now.restarts].map(how => periodOf(how, { year, month }))).max('last as last').first()
  const counter = Number(taken?.last ?? 0) + 1
  const locations: { name: string, code: string }[] = parts.some(({ kind }) => kind === 'location')
    ? await db('locations').whereNull('retired_at').whereNot({ code: '' }).orderByRaw('position nulls last, name_key, id').limit(3).select('name', 'code')
    : []
  return [{ name: null, code: '' }, ...locations].map(({ name, code }) => ({ location: name, number: numberOf(parts, { counter, year, month, location: code }) }))
}

/** All types in their order, the removed ones last, and whether any lead is of each. */
export async function listShownTypes (db: Db): Promise<ShownType[]> {
  const [types, rows] = await Promise.all([
    listTypes(db, { removed: true }),
    db('lead_types as t').select('id', db.raw('removed_at is not null as removed'), db.raw('exists (select from leads where type_id = t.id) as leads'))
  ])
  const about = new Map(rows.map(({ id, removed, leads }) => [id, { removed, leads }]))
  const shown = types.map(type => ({ ...type, ...about.get(type.id)! }))
  return [...shown.filter(({ removed }) => !removed), ...shown.filter(({ removed }) => removed)]
}

/** Adds a type with a form like another's. Throws Refusal. */
export async function createType (trx: Db, by: Viewer, values: TypeValues): Promise<string> {
  await beginChange(trx)
  const model = (await listTypes(trx)).find(({ id }) => id === values.model)
  if (!model) throw new Refusal({ model: { key: 'form.choose' } })
  const first = await findFirst(trx, values.firstStatusId)
  const formId = await cloneForm(trx, model.formId)
  const [{ id }] = await trx('lead_types').insert({
    labels: JSON.stringify(values.labels), icon: values.icon, form_id: formId, first_status_id: first.id, position: trx('lead_types').max(trx.raw('position + 1'))
  }).returning('id')
  const name = nameOf(by, { key: null, labels: values.labels })
  await recordAudit(trx, by, 'leads.type_added', { subject: { type: 'lead_type', id, name }, changes: changesBetween({}, { ...audited(by, values, first), form_of: nameOf(by, model) }) })
  return name
}

/** Throws NotFound, TypeChanged, Refusal. */
export async function changeType (trx: Db, by: Viewer, id: number, values: TypeValues, version: number | null): Promise<string> {
  await beginChange(trx)
  const now = await find(trx, id)
  if (version !== now.version) throw new TypeChanged(now)
  const first = await findFirst(trx, values.firstStatusId)
  const before = (await listStatuses(trx, { removed: true })).find(status => status.id === now.firstStatusId)!
  await trx('lead_types').where({ id }).update({ labels: JSON.stringify(values.labels), icon: values.icon, first_status_id: first.id }).increment('version')
  const name = nameOf(by, { key: now.key, labels: values.labels })
  await recordChanges(trx, by, 'leads.type_changed', { subject: { type: 'lead_type', id, name }, changes: changesBetween(audited(by, now, before), audited(by, values, first)) })
  return name
}

/** Moves a type in the order of all. Nothing happens when it isn't there any more. */
export async function moveType (trx: Db, by: Viewer, id: number, step: Step): Promise<void> {
  await beginChange(trx)
  const types = await listTypes(trx)
  const moved = types.find(type => type.id === id)
  const ids = reordered(types.map(type => type.id), id, step)
  if (!moved || !ids) return
  await trx.raw('update lead_types t set position = o.place - 1 from unnest(?::bigint[]) with ordinality as o(id, place) where t.id = o.id', [ids])
  await tell(trx, by, 'leads.type_moved', moved, { order: types.indexOf(moved) + 1 }, { order: ids.indexOf(id) + 1 })
}

/** Makes a type the one that a new lead is of unless another is chosen. Throws NotFound. */
export async function setDefault (trx: Db, by: Viewer, id: number | null): Promise<string> {
  await beginChange(trx)
  const type = await find(trx, id)
  const { defaultTypeId } = await findSettings(trx)
  await trx('lead_settings').update({ default_type_id: type.id })
  if (type.id !== defaultTypeId) await recordAudit(trx, by, 'leads.type_default', { subject: subjectOf(by, type), changes: [] })
  return nameOf(by, type)
}

/** Takes a type away, or brings it back: its leads keep it. One of our own that no lead ever had goes for good, with its form. Throws NotFound, Refusal. Returns whether it can be brought back. */
export async function setRemoved (trx: Db, by: Viewer, id: number | null, removed: boolean): Promise<{ name: string, kept: boolean }> {
  await beginChange(trx)
  const type = (await listShownTypes(trx)).find(type => type.id === id)
  if (!type) throw new NotFound()
  if (removed && (await findSettings(trx)).defaultTypeId === type.id) throw new Refusal({ remove: { key: 'lead_settings.is_default' } })
  const kept = !removed || type.key !== null || type.leads
  if (kept) await trx('lead_types').where({ id: type.id }).update({ removed_at: removed ? trx.fn.now() : null }).increment('version')
  else {
    await trx('lead_types').where({ id: type.id }).delete()
    await trx('forms').where({ id: type.formId }).delete()
    await trx('form_versions').where({ subject: 'lead' }).increment('version')
  }
  if (type.removed !== removed) await tell(trx, by, kept ? 'leads.type_changed' : 'leads.type_deleted', type, kept ? { retired: !removed } : {}, kept ? { retired: removed } : { deleted: true })
  return { name: nameOf(by, type), kept }
}

/** What a type is called in the company's language, for the audit log. */
export const nameOf = ({ organisation: { language } }: Viewer, { labels, key }: Pick<LeadType, 'labels' | 'key'>): string =>
  typeName(translator(language), own => wordsOf(own, language, 'en'), { labels, key })

const subjectOf = (by: Viewer, type: LeadType) => ({ type: 'lead_type', id: type.id, name: nameOf(by, type) })

const tell = (trx: Db, by: Viewer, kind: AuditKind, type: LeadType, before: object, after: object) =>
  recordChanges(trx, by, kind, { subject: subjectOf(by, type), changes: changesBetween(before, after) })

// Of two people who change types or statuses the second waits: a type begins in a status.
const beginChange = (trx: Db) => trx.raw("select pg_advisory_xact_lock(hashtextextended('lead statuses', 0))")

async function find (trx: Db, id: number | null): Promise<LeadType> {
  const type = (await listTypes(trx)).find(type => type.id === id)
  if (!type) throw new NotFound()
  return type
}

async function findFirst (trx: Db, id: number): Promise<LeadStatus> {
  const status = (await listStatuses(trx)).find(status => status.id === id)
  if (!status || isClosed(status.group)) throw new Refusal({ first_status: { key: 'lead_settings.first_gone' } })
  return status
}

// A new form with the sections and items of another.
async function cloneForm (trx: Db, from: number): Promise<number> {
  const [{ id }] = await trx('forms').insert({ subject: 'lead', key: randomUUID(), position: trx('forms').where({ subject: 'lead' }).max(trx.raw('position + 1')) }).returning('id')
  await trx('forms').where({ id }).update({ key: `type_${id}` })
  for (const section of await trx('form_sections').where({ form_id: from }).orderBy(['position', 'id'])) {
    const [made] = await trx('form_sections').insert({ form_id: id, position: section.position, key: section.key, labels: JSON.stringify(section.labels) }).returning('id')
    await trx.raw(`
      insert into form_items (form_id, section_id, position, system, field_id, hidden, required)
      select ?, ?, position, system, field_id, hidden, required from form_items where section_id = ?`, [id, made.id, section.id])
  }
  await trx('form_versions').where({ subject: 'lead' }).increment('version')
  return id
}

const audited = (by: Viewer, { labels, icon }: Pick<LeadType, 'labels' | 'icon'>, first: LeadStatus) => ({
  label: Object.values(labels).join(' / '), icon, first_status: nameOfStatus(by, first)
})
