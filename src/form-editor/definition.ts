import type { Labels } from '../web/labels.js'

/** What an own field can be. The order is that of the choice an admin is given. */
export const FIELD_KINDS = ['short_text', 'long_text', 'number', 'date', 'date_time', 'yes_no', 'one_choice', 'several_choices', 'unique_id', 'link'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** What forms ask about: clients have a form for each kind, leads one for each type. */
export const SUBJECTS = ['client', 'lead'] as const
export type Subject = (typeof SUBJECTS)[number]

/** Where a subject's own values are kept, by which column they name whose they are, and where these stand. */
export const VALUES = {
  client: { table: 'client_values', owner: 'client_id', owners: 'clients' },
  lead: { table: 'lead_values', owner: 'lead_id', owners: 'leads' }
} as const satisfies Record<Subject, { table: string, owner: string, owners: string }>

/** The fields every installation has, as items of a form. What can't be required has no "nothing" to be told from. */
export const SYSTEM_ITEMS = {
  supplier: { requirable: false },
  conflicted: { requirable: false },
  contact: { requirable: true },
  phones: { requirable: true },
  emails: { requirable: true },
  address: { requirable: true },
  language: { requirable: true },
  campaign: { requirable: true },
  comment: { requirable: true },
  due: { requirable: true },
  urgent: { requirable: false },
  location: { requirable: true },
  manager: { requirable: true },
  discounts: { requirable: false },
  tags: { requirable: true },
  note: { requirable: true }
} as const
export type SystemItem = keyof typeof SYSTEM_ITEMS

/** Those that the forms of a subject have. */
export const ITEMS_OF = {
  client: ['supplier', 'conflicted', 'phones', 'emails', 'address', 'language', 'campaign', 'location', 'discounts', 'tags', 'note'],
  lead: ['contact', 'phones', 'campaign', 'location', 'manager', 'due', 'urgent', 'comment']
} as const satisfies Record<Subject, readonly SystemItem[]>

export interface FieldOption { id: number, labels: Labels, is_default: boolean, retired: boolean }

/** A field of the company's own. */
export interface OwnField {
  id: number
  /** Fixed for ever: how the import and the API call it. */
  key: string
  kind: FieldKind
  labels: Labels
  help: Labels
  /** As it would be typed; of dates "today", of times "now"; '' is none. Choices have their own `is_default`. */
  default_value: string
  version: number
  removed: boolean
  /** In their order, the retired among them; empty but for choices. */
  options: FieldOption[]
}

/** A place in a form: a system field or an own one. */
export interface FormItem { id: number, system: SystemItem | null, field: OwnField | null, hidden: boolean, required: boolean }

export interface FormSection { id: number, key: string | null, labels: Labels, items: FormItem[] }

/** One form: a person's, a company's, a type of lead's. */
export interface Form { id: number, key: string, sections: FormSection[] }

/** All forms of a subject with its fields; `version` grows with each change of any of it. */
export interface Shape {
  version: number
  forms: Form[]
  /** Every own field, also those that are hidden or removed. */
  fields: OwnField[]
}

/** Which column of the values holds a kind, to filter and sort by: see the migration that made the table. */
export const VALUE_COLUMNS = {
  short_text: 'sort_text',
  long_text: 'sort_text',
  link: 'sort_text',
  unique_id: 'sort_text',
  number: 'number_value',
  yes_no: 'number_value',
  date: 'day_value',
  date_time: 'moment_value',
  one_choice: 'option_id',
  several_choices: 'option_id'
} as const satisfies Record<FieldKind, string>

export const isChoice = (kind: FieldKind): boolean => kind === 'one_choice' || kind === 'several_choices'

/** The form of this key. Throws when there is none: forms come with the database. */
export function formOf (shape: Shape, key: string): Form {
  const form = shape.forms.find(form => form.key === key)
  if (!form) throw new Error(`There is no form ${key}`)
  return form
}

export const itemsOf = (form: Form): FormItem[] => form.sections.flatMap(section => section.items)

/** The own fields that a form asks for, in its order. */
export const askedFields = (form: Form): OwnField[] =>
  itemsOf(form).flatMap(({ field, hidden }) => field && !field.removed && !hidden ? [field] : [])
