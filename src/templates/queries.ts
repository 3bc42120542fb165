import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { listRoles } from '../roles/queries.js'
import { NotFound } from '../web/errors.js'
import { translator } from '../web/i18n.js'
import { explain, Refusal } from '../web/refusal.js'
import { LANGUAGES, type Language, type Viewer } from '../web/viewer.js'
import type { TemplateValues } from './form.js'
import type { Template, TemplateChannel, TemplateTexts } from './template.js'

/** Somebody else changed it since the form was shown. */
export class TemplateChanged extends Error {
  constructor (readonly now: Template) { super() }
}

const COLUMNS = (db: Db) => ['t.id', 't.name', 't.channel', 't.for_all as forAll', 't.version', db.raw(`
  t.archived_at is not null as archived,
  coalesce((select json_object_agg(x.language, json_build_object('subject', x.subject, 'body', x.body)) from template_texts x where x.template_id = t.id), '{}') as texts,
  array(select r.role_id from template_roles r where r.template_id = t.id order by r.role_id)::int[] as roles`)]

/** All templates by channel and name, the archived ones last. */
export const listTemplates = (db: Db): Promise<Template[]> =>
  db('templates as t').select(COLUMNS(db)).orderByRaw("t.archived_at is not null, array_position(array['email', 'sms', 'whatsapp'], t.channel), t.name_key, t.id") as unknown as Promise<Template[]>

/** Throws NotFound. */
export async function findTemplate (db: Db, id: number | null): Promise<Template> {
  const template = id === null ? undefined : await db('templates as t').where('t.id', id).first(COLUMNS(db))
  if (!template) throw new NotFound()
  return template as unknown as Template
}

/** A template as somebody chooses it, with the languages it has. */
export interface UsableTemplate { id: number, name: string, languages: Language[] }

/** Those of a channel that a viewer may write from, by name. */
export async function listUsable (db: Db, viewer: Viewer, channel: TemplateChannel): Promise<UsableTemplate[]> {
  return db('templates as t').where({ channel }).whereNull('archived_at').orderBy(['name_key', 'id'])
    .where(some => {
      some.where('for_all', true)
      if (viewer.roleKey === 'owner') some.orWhereRaw('true')
      else some.orWhereExists(db('template_roles as r').whereRaw('r.template_id = t.id').where('r.role_id', viewer.roleId))
    })
    .select('t.id', 't.name', db.raw('array(select language from template_texts x where x.template_id = t.id order by array_position(?::text[], language)) as languages', [[viewer.organisation.language, ...LANGUAGES]]))
}

const TAKEN = { templates_name: { name: { key: 'templates.name_taken' } } }

/** Adds a template. Throws Refusal when its name is taken. */
export async function createTemplate (trx: Db, by: Viewer, values: TemplateValues): Promise<{ id: number, name: string }> {
  const { name, channel, forAll } = values
  const [{ id }] = await explain(trx('templates').insert({ name, channel, for_all: forAll, created_by: by.id }).returning('id') as unknown as Promise<{ id: number }[]>, TAKEN)
  await writeParts(trx, id, values)
  await recordAudit(trx, by, 'templates.added', { subject: subjectOf(id, name), changes: changesBetween({}, { channel, ...await audited(trx, by, values) }) })
  return { id, name }
}

/** Changes a template, whose channel stays. Throws NotFound, TemplateChanged, Refusal. */
export async function changeTemplate (trx: Db, by: Viewer, id: number, values: TemplateValues, version: number | null): Promise<{ name: string }> {
  await trx('templates').where({ id }).forUpdate().first('id')
  const before = await findTemplate(trx, id)
  if (version !== before.version) throw new TemplateChanged(before)
  const { name, forAll } = values
  await explain(trx('templates').where({ id }).update({ name, for_all: forAll }).increment('version') as unknown as Promise<number>, TAKEN)
  await writeParts(trx, id, values)
  await recordChanges(trx, by, 'templates.changed', { subject: subjectOf(id, name), changes: changesBetween(await audited(trx, by, before, values.texts), await audited(trx, by, values, before.texts)) })
  return { name }
}

/** Puts a template away, or back: messages that were written from it stay as they are. Throws NotFound, and Refusal when another has its name meanwhile. */
export async function setArchived (trx: Db, by: Viewer, id: number | null, archived: boolean): Promise<{ name: string }> {
  await trx('templates').where({ id: id ?? 0 }).forUpdate().first('id')
  const template = await findTemplate(trx, id)
  if (template.archived === archived) return template
  await explain(trx('templates').where({ id: template.id }).update({ archived_at: archived ? trx.fn.now() : null }).increment('version') as unknown as Promise<number>, { templates_name: { archive: { key: 'templates.name_taken_meanwhile' } } })
  await recordAudit(trx, by, archived ? 'templates.archived' : 'templates.restored', { subject: subjectOf(template.id, template.name) })
  return template
}

async function writeParts (trx: Db, id: number, { texts, forAll, roles }: TemplateValues): Promise<void> {
  await trx('template_texts').where({ template_id: id }).delete()
  await trx('template_texts').insert(Object.entries(texts).map(([language, text]) => ({ template_id: id, language, ...text })))
  await trx('template_roles').where({ template_id: id }).delete()
  if (forAll) return
  const known: number[] = await trx('roles').whereIn('id', roles).forShare().pluck('id')
  if (known.length === 0) throw new Refusal({ whose: { key: 'templates.no_roles' } })
  await trx('template_roles').insert(known.map(role_id => ({ template_id: id, role_id })))
}

const subjectOf = (id: number, name: string) => ({ type: 'template', id, name })

type Told = Pick<Template, 'name' | 'forAll' | 'roles' | 'texts'>

/** What the audit log keeps: of a long text from where it differs from the other one. */
async function audited (trx: Db, { organisation }: Viewer, { name, forAll, roles, texts }: Told, other: TemplateTexts = {}) {
  const t = translator(organisation.language)
  const names = forAll ? [] : (await listRoles(trx)).filter(({ id }) => roles.includes(id)).map(({ key, name }) => name ?? t(`roles.${key}`))
  return {
    name, used_by: names,
    text_en: told(texts.en, other.en), text_es: told(texts.es, other.es), text_pl: told(texts.pl, other.pl), text_pt: told(texts.pt, other.pt)
  }
}

const MOST_TOLD = 400

function told (text: TemplateTexts[Language], other: TemplateTexts[Language]): string {
  const all = joined(text), otherAll = joined(other)
  if (all === otherAll) return all.slice(0, MOST_TOLD)
  let same = 0
  while (same < all.length && all[same] === otherAll[same]) same++
  const from = Math.max(0, same - 40)
  return `${from > 0 ? '…' : ''}${all.slice(from, from + MOST_TOLD)}${all.length > from + MOST_TOLD ? '…' : ''}`
}

const joined = (text: TemplateTexts[Language]): string => text ? [text.subject, text.body].filter(Boolean).join('\n') : ''
