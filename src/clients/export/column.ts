import { askedFields, type Shape } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import { ownColumn, toldApart, type ExportColumn } from '../../many/export/cell.js'
import type { ExportChoice } from '../../many/export/exported.js'
import type { Translate } from '../../web/i18n.js'
import type { Viewer } from '../../web/viewer.js'
import { CHANNELS, type PhoneType } from '../client.js'
import { seesContacts } from '../masking.js'

const CHOICES = {
  client: ['id', 'kind', 'first_name', 'surname', 'company_name'],
  contacts: ['phone', 'email', 'address'],
  more: ['tag', 'language', 'campaign', 'location', 'is_supplier', 'is_conflicted', 'discount_services', 'discount_products', 'note', 'created', 'active', 'archived'],
  consents: ['consents']
} as const

/** What some are called; the others as in an import. */
const TITLES: Record<string, { key: string }> = {
  is_supplier: { key: 'fields.is_supplier' }, is_conflicted: { key: 'fields.is_conflicted' }, phone: { key: 'form_editor.system.client.phones' }, consents: { key: 'exports.consents' },
  created: { key: 'clients.created_on' }, active: { key: 'clients.last_activity' }, archived: { key: 'exports.archived_on' }
}

/** What is ticked beforehand besides the columns that the list shows: without them nothing would find its client again. */
const ALWAYS: readonly string[] = ['id', 'kind', 'first_name', 'surname', 'company_name']

/** What of the list's columns is called otherwise here. */
const OF_LIST: Record<string, string> = { tags: 'tag' }

/** Everything this viewer can export; contacts only those who see them in full. */
export function exportChoices (viewer: Viewer, shape: Shape): ExportChoice[] {
  const of = (group: keyof typeof CHOICES) => CHOICES[group].map((name): ExportChoice => ({ name, group, title: TITLES[name] ?? { key: `imports.targets.${name}` } }))
  const fields = new Map(shape.forms.flatMap(askedFields).map(field => [field.id, field]))
  const own = [...fields.values()].map((field): ExportChoice => ({ name: nameOf(field), group: 'own', field }))
  const all = [...of('client'), ...of('contacts'), ...of('more'), ...own, ...of('consents')]
  return seesContacts(viewer) ? all : all.filter(({ name }) => !['phone', 'email', 'consents'].includes(name))
}

/** The names of what is ticked to begin with, given the list's columns. */
export const tickedBefore = (listColumns: readonly string[]): string[] => [...ALWAYS, ...listColumns.map(name => OF_LIST[name] ?? name)]

/** The columns of what was chosen, in their order: phones are a column for each type, consents one for each channel. */
export function exportColumns (viewer: Viewer, t: Translate, choices: readonly ExportChoice[], phoneTypes: readonly PhoneType[]): ExportColumn[] {
  const system = (name: string, width = 20, more: Partial<ExportColumn> = {}): ExportColumn => ({ name, title: t(`imports.targets.${name.replace('.', '_')}`), width, ...more })
  return toldApart(choices.flatMap(({ name, field }): ExportColumn[] => {
    if (field) return [ownColumn(viewer, field)]
    switch (name) {
      case 'id': return [system(name, 10)]
      case 'phone': return phoneTypes.map(({ id, key, name }) => ({ name: `phone:${id}`, title: name === null ? t(`imports.targets.phone_${key}`) : t('imports.targets.phone_of', { type: name }), width: 22 }))
      case 'is_conflicted': return [system(name, 14), system('conflict_reason', 28)]
      case 'consents': return [...CHANNELS, 'email'].map(channel => system(`consent.${channel}`, 18))
      case 'created': return [{ name, title: t('clients.created_on'), width: 17, kind: 'moment' }]
      case 'active': return [{ name, title: t('clients.last_activity'), width: 17, kind: 'moment' }]
      case 'archived': return [{ name, title: t('exports.archived_on'), width: 17, kind: 'moment' }]
      default: return [system(name, WIDTHS[name])]
    }
  }))
}

const WIDTHS: Record<string, number> = { company_name: 28, surname: 22, email: 30, address: 44, note: 44, tag: 24, kind: 12 }
