import { askedFields, type FieldKind, type OwnField, type Shape } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import type { Translate } from '../../web/i18n.js'
import { wordsOf } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import type { SheetColumn } from '../../web/xlsx.js'
import { CHANNELS, type PhoneType } from '../client.js'
import { seesContacts } from '../masking.js'

/** Something that can be exported, as one ticks it; `contacts` is only for those who see them in full. */
export interface ExportChoice { name: string, group: 'client' | 'contacts' | 'more' | 'own' | 'consents', field?: OwnField }

const CHOICES: Record<Exclude<ExportChoice['group'], 'own'>, string[]> = {
  client: ['id', 'kind', 'first_name', 'surname', 'company_name'],
  contacts: ['phone', 'email', 'address'],
  more: ['tag', 'campaign', 'location', 'is_supplier', 'is_conflicted', 'discount_services', 'discount_products', 'note', 'created', 'active', 'archived'],
  consents: ['consents']
}

/** What is ticked beforehand besides the columns that the list shows: without them nothing would find its client again. */
const ALWAYS = ['id', 'kind', 'first_name', 'surname', 'company_name']

/** What of the list's columns is called otherwise here. */
const OF_LIST: Record<string, string> = { tags: 'tag' }

/** Everything this viewer can export. */
export function exportChoices (viewer: Viewer, shape: Shape): ExportChoice[] {
  const of = (group: keyof typeof CHOICES) => CHOICES[group].map((name): ExportChoice => ({ name, group }))
  const fields = new Map(shape.forms.flatMap(askedFields).map(field => [field.id, field]))
  const own = [...fields.values()].map((field): ExportChoice => ({ name: nameOf(field), group: 'own', field }))
  const all = [...of('client'), ...of('contacts'), ...of('more'), ...own, ...of('consents')]
  return seesContacts(viewer) ? all : all.filter(({ name }) => !['phone', 'email', 'consents'].includes(name))
}

/** The names of what is ticked to begin with, given the list's columns. */
export const tickedBefore = (listColumns: readonly string[]): string[] => [...ALWAYS, ...listColumns.map(name => OF_LIST[name] ?? name)]

/** One column of the file: its title is one by which our import knows it again. */
export interface ExportColumn extends SheetColumn {
  name: string
  /** Of an own field, what it is, and the words of its options by their ids. */
  field?: { id: number, kind: FieldKind, options: Record<number, string> }
}

/** The columns of what was chosen, in their order: phones are a column for each type, consents one for each channel. */
export function exportColumns (viewer: Viewer, t: Translate, choices: readonly ExportChoice[], phoneTypes: readonly PhoneType[]): ExportColumn[] {
  const { language, organisation: { language: fallback } } = viewer
  const system = (name: string, width = 20, more: Partial<ExportColumn> = {}): ExportColumn => ({ name, title: t(`imports.targets.${name.replace('.', '_')}`), width, ...more })
  const titles = new Set<string>()
  return choices.flatMap(({ name, field }): ExportColumn[] => {
    if (field) return [ownColumn(field)]
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
  }).map(column => {
    // Of two that are called alike the second is known by what its field is called for ever.
    const title = titles.has(column.title) ? column.name.replace(/^own\./, '') : column.title
    titles.add(title)
    return { ...column, title }
  })

  function ownColumn (field: OwnField): ExportColumn {
    const options = Object.fromEntries(field.options.map(({ id, labels }) => [id, wordsOf(labels, language, fallback)]))
    return {
      name: nameOf(field), title: wordsOf(field.labels, language, fallback) || field.key, width: field.kind === 'long_text' ? 40 : 20, field: { id: field.id, kind: field.kind, options },
      ...(field.kind === 'date' ? { kind: 'date' } as const : field.kind === 'date_time' ? { kind: 'moment' } as const : {})
    }
  }
}

const WIDTHS: Record<string, number> = { company_name: 28, surname: 22, email: 30, address: 44, note: 44, tag: 24, kind: 12 }
