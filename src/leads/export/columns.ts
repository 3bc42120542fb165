import { seesContacts } from '../../clients/masking.js'
import type { Db } from '../../database/knex.js'
import { askedFields } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import { shapeOf } from '../../form-editor/shape.js'
import { ownColumn, toldApart, type ExportColumn } from '../../many/export/cell.js'
import type { ExportChoice } from '../../many/export/exported.js'
import type { Translate } from '../../web/i18n.js'
import { wordsOf, type Labels } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import { groupName, listStatuses, statusName } from '../statuses.js'
import { listTypes, typeName } from '../types.js'

/** What a lead's columns are called, by the name under which each is read (see queries.ts). */
export const TITLES = {
  number: { key: 'leads_list.number' }, type: { key: 'leads_list.type' }, status: { key: 'leads_list.status' }, group: { key: 'leads_list.group' }, urgent: { key: 'leads_list.urgent' }, client: { key: 'leads_list.client' }, client_number: { key: 'imports.targets.id' }, conflict: { key: 'imports.targets.conflict_reason' }, phones: { key: 'leads.fields.phones' },
  campaign: { key: 'leads_list.campaign' }, comment: { key: 'leads.fields.comment' }, due: { key: 'leads_list.due' }, location: { key: 'leads_list.location' }, manager: { key: 'leads_list.manager' }, created: { key: 'leads_list.created' }, created_by: { key: 'leads_list.created_by' }, since: { key: 'leads_list.since' },
  time: { key: 'exports.minutes_in_status' }, closed: { key: 'leads_list.closed_on' }, lost_reason: { key: 'leads_list.lost_reason' }, archived: { key: 'exports.archived_on' }
} as const
type Name = keyof typeof TITLES

const MOMENTS: readonly string[] = ['due', 'created', 'since', 'closed', 'archived']
const WIDTHS: Partial<Record<Name, number>> = { number: 12, urgent: 9, client: 28, phones: 24, comment: 44, lost_reason: 30, time: 12 }

/** What of the list's columns is called otherwise here. */
const OF_LIST: Record<string, Name> = { phone: 'phones', flags: 'conflict' }

/** The names of what is ticked to begin with: the number, and what the list shows. */
export const tickedBefore = (listColumns: readonly string[]): string[] => ['number', 'urgent', ...listColumns.map(name => OF_LIST[name] ?? name)]

/** Everything that can be exported of leads, the own fields of their types behind it. */
export async function leadChoices (db: Db, viewer: Viewer): Promise<ExportChoice[]> {
  const shape = await shapeOf(db, 'lead', viewer.formVersions)
  const fields = new Map(shape.forms.flatMap(askedFields).map(field => [field.id, field]))
  return [...Object.entries(TITLES).map(([name, title]): ExportChoice => ({ name, group: 'lead', title })), ...[...fields.values()].map((field): ExportChoice => ({ name: nameOf(field), group: 'own', field }))]
}

/** The columns of what was chosen; phones are masked for those who may not see them in full. */
export async function leadColumns (db: Db, viewer: Viewer, t: Translate, choices: readonly ExportChoice[]): Promise<ExportColumn[]> {
  const [statuses, types] = await Promise.all([listStatuses(db, { removed: true }), listTypes(db, { removed: true })])
  const say = (labels: Labels) => wordsOf(labels, viewer.language, viewer.organisation.language)
  const WORDS: Partial<Record<Name, Record<string, string>>> = {
    status: Object.fromEntries(statuses.map(status => [status.id, statusName(t, say, status)])),
    group: Object.fromEntries(statuses.map(({ id, group }) => [id, groupName(t, group)])),
    type: Object.fromEntries(types.map(type => [type.id, typeName(t, say, type)]))
  }
  return toldApart(choices.map(({ name, field }): ExportColumn => {
    if (field) return ownColumn(viewer, field)
    const words = WORDS[name as Name]
    return {
      name, title: t(TITLES[name as Name].key), width: WIDTHS[name as Name] ?? 18,
      ...(MOMENTS.includes(name) && { kind: 'moment' as const }), ...(words && { words }), ...(name === 'phones' && !seesContacts(viewer) && { masked: true })
    }
  }))
}
