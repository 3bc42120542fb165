import { CHANNELS, type PhoneType } from '../../clients/client.js'
import { mayWrite } from '../../clients/form.js'
import { askedFields, itemsOf, type FieldKind, type OwnField, type Shape, type SystemItem } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import { BUILT_IN_TYPES } from '../../phone-types/form.js'
import type { Labels } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'

/**
 * Something a column can be. The names, which an import keeps:
 * `id` (our number of the client), `kind` ("person" or "company" in words), `is_company` (yes or no), `name` (a whole name, of whichever kind),
 * `first_name`, `surname`, `company_name`, `is_supplier`, `is_conflicted`, `conflict_reason`,
 * `phone` (a number of the usual type), `phone:<id>` (of this type of phone), `phone.type` (the type, in words, of the numbers in the next phone column),
 * `email`, `address`, `language`, `campaign`, `location`, `discount_services`, `discount_products` (per cent, or a price type's name), `tag`, `note`,
 * `own.<key>`, and `consent.whatsapp`, `consent.viber`, `consent.sms`, `consent.email` (yes: every number or address of the row; or those meant, one by one).
 */
export interface Target {
  name: string
  /** Its title: words of the locales (with `labels` filled in, of a type of phone its name), or of an admin. */
  title: { key: string, values?: Record<string, string> } | { labels: Labels }
  group: 'client' | 'contacts' | 'more' | 'own' | 'consents'
  /** What becomes of several columns that are it: a list of values (see splitValues), one text with this between them, or there may be one only. */
  several: { list: true } | { joint: string } | null
  /** What its cells hold, where content can tell. */
  kind: 'text' | 'phone' | 'email' | 'yes_no' | 'id' | FieldKind
  /** Further names by which a file may call it, besides those that are known: labels of a field in each language, its key, a type's name. */
  called: string[]
}

const BUILT_IN = [
  'name', 'first_name', 'surname', 'company_name', 'is_company', 'kind', 'phone', 'phone.type', 'email', 'address', 'language', 'tag', 'campaign', 'location', 'is_supplier', 'is_conflicted',
  'conflict_reason', 'discount_services', 'discount_products', 'note', 'id', 'consent.whatsapp', 'consent.viber', 'consent.sms', 'consent.email'
] as const

/** What targets are called in the locales, under `imports.targets`. */
export const TARGET_WORDS: readonly string[] = [...BUILT_IN.map(wordOf), 'phone_of', ...BUILT_IN_TYPES.map(key => `phone_${key}`)]

function wordOf (name: string): string { return name.replace('.', '_') }

const text = (name: (typeof BUILT_IN)[number], group: Target['group'], several: Target['several'] = null): Target => ({ name, title: { key: `imports.targets.${wordOf(name)}` }, group, several, kind: 'text', called: [] })
const LIST = { list: true } as const

/** What depends on what a person may do, and on the company's own lists. */
export interface TargetLists { phoneTypes: readonly PhoneType[], shape: Shape }

/**
 * Everything a column can be for this viewer, in the order in which it is offered: what the clients' forms ask for (what is hidden in both
 * is left out), and what only an import has. What its viewer couldn't write by hand is no target either.
 */
export function targetsOf (viewer: Viewer, { phoneTypes, shape }: TargetLists): Target[] {
  const asked = new Set(shape.forms.flatMap(form => itemsOf(form)).filter(({ hidden, system }) => system && !hidden).map(({ system }) => system))
  const fields = new Map(shape.forms.flatMap(askedFields).map(field => [field.id, field]))
  const of = (system: SystemItem, ...targets: Target[]) => asked.has(system) ? targets : []
  return [
    text('name', 'client', { joint: ' ' }), text('first_name', 'client', { joint: ' ' }), text('surname', 'client', { joint: ' ' }), text('company_name', 'client', { joint: ' ' }),
    { ...text('is_company', 'client'), kind: 'yes_no' }, text('kind', 'client'),
    ...of('phones', { ...text('phone', 'contacts', LIST), kind: 'phone' }, ...phoneTypes.map(phoneTarget), text('phone.type', 'contacts', LIST)),
    ...of('emails', { ...text('email', 'contacts', LIST), kind: 'email' }),
    ...of('address', text('address', 'contacts', { joint: ', ' })),
    ...of('language', text('language', 'more')),
    ...of('tags', text('tag', 'more', LIST)),
    ...of('campaign', text('campaign', 'more')),
    ...of('location', text('location', 'more')),
    ...of('supplier', ...(mayWrite(viewer, 'is_supplier') ? [{ ...text('is_supplier', 'more'), kind: 'yes_no' } as const] : [])),
    ...of('conflicted', { ...text('is_conflicted', 'more'), kind: 'yes_no' }, text('conflict_reason', 'more', { joint: '; ' })),
    ...of('discounts', ...(mayWrite(viewer, 'discount_services') ? [text('discount_services', 'more'), text('discount_products', 'more')] : [])),
    ...of('note', text('note', 'more', { joint: '\n' })),
    { ...text('id', 'more'), kind: 'id' },
    ...[...fields.values()].map(ownTarget),
    ...of('phones', ...CHANNELS.map(channel => ({ ...text(`consent.${channel}`, 'consents', LIST), kind: 'yes_no' } as const))),
    ...of('emails', { ...text('consent.email', 'consents', LIST), kind: 'yes_no' })
  ]
}

function phoneTarget ({ id, key, name }: PhoneType): Target {
  const title = name === null ? { key: `imports.targets.phone_${key}` } : { key: 'imports.targets.phone_of', values: { type: name } }
  return { name: `phone:${id}`, title, group: 'contacts', several: LIST, kind: 'phone', called: name === null ? [] : [name] }
}

const ownTarget = (field: OwnField): Target => ({
  name: nameOf(field), title: { labels: field.labels }, group: 'own', kind: field.kind, called: [...Object.values(field.labels), field.key],
  several: field.kind === 'several_choices' ? LIST : field.kind === 'long_text' ? { joint: '\n' } : null
})
