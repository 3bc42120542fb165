import { z } from 'zod'
import { idOf, issue, oneOf, optionalId, readForm, text, tick, typedText, type Body, type FieldErrors } from '../web/form.js'
import { LANGUAGES, type Viewer } from '../web/viewer.js'
import { formOf, type Form, type Shape } from '../form-editor/definition.js'
import { onlyItems } from '../form-editor/items.js'
import { FIELDS, KINDS, PRICE_TYPE, type Client, type ClientFields, type Discount, type Field } from './client.js'
import { readEmails, type EmailRow, type EmailValues } from './emails/form.js'
import { fieldOfPart, partOf, readOwn, type OwnWrite } from '../form-editor/own/form.js'
import { missing } from './required.js'
import { readPhones, type PhoneRow, type PhoneValues } from './phones/form.js'
import { readTagNames } from './tags/form.js'

/** Parts of the form that save themselves, each with its fields. */
export const UNITS = {
  identity: ['kind', 'first_name', 'surname', 'company_name'],
  supplier: ['is_supplier'],
  conflicted: ['is_conflicted', 'conflict_reason'],
  address: ['address'],
  language: ['language'],
  campaign: ['campaign_id'],
  location: ['location_id'],
  discounts: ['discount_services', 'discount_products'],
  note: ['note']
} as const satisfies Record<string, readonly Field[]>
export type Unit = keyof typeof UNITS
export const isUnit = (value: string): value is Unit => Object.hasOwn(UNITS, value)

/** A percentage as people type it: "10", "10 %", "7,5"; nothing is 0. Or a price type: "price:7". */
export const discount = text(20).transform((value, context): Discount => {
  if (PRICE_TYPE.test(value)) return value as Discount
  if (value.startsWith('price:')) {
    context.addIssue(issue('form.choose'))
    return 0
  }
  const plain = value.replace(/\s*%$/, '').replace(',', '.').trim()
  if (plain === '') return 0
  const number = /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN
  if (Number.isNaN(number)) context.addIssue(issue('clients.discount_number'))
  else if (number < 0 || number > 100) context.addIssue(issue('clients.discount_range'))
  return Math.round(number * 100) / 100
})

const checks = {
  kind: oneOf(KINDS),
  first_name: text(100),
  surname: text(100),
  company_name: text(200),
  is_supplier: tick,
  is_conflicted: tick,
  conflict_reason: text(500),
  address: text(500),
  language: oneOf(['', ...LANGUAGES]),
  campaign_id: optionalId,
  location_id: optionalId,
  discount_services: discount,
  discount_products: discount,
  note: text(10_000)
} satisfies Record<Field, z.ZodType>

export interface ClientForm {
  /** What may be written; fields the viewer may not touch are left out. */
  fields: Partial<ClientFields>
  phones: PhoneValues[]
  emails: EmailValues[]
  /** Names of tags, for a new client. */
  tags: string[]
  errors: FieldErrors
  typed: Body
  /** The part that was sent, when it isn't the whole. */
  unit: string | undefined
  own: OwnWrite[]
  phoneRows: PhoneRow[]
  emailRows: EmailRow[]
}

/** What a form is read with: how it is shaped, and the client it is of, when there is one already. */
export interface FormContext { shape: Shape, client: Client | null }

/** Reads the whole form, or with `unit` that part of it. Never throws; nothing may be written while `errors` has any. */
export function readClientForm (body: unknown, viewer: Viewer, { shape, client }: FormContext, unit?: string): ClientForm {
  const typed = withPriceTypes((body ?? {}) as Body)
  const part = unit === undefined ? FIELDS : isUnit(unit) ? UNITS[unit] as readonly Field[] : []
  const wanted = part.filter(field => mayWrite(viewer, field))
  const read = readForm(z.object(Object.fromEntries(wanted.map(field => [field, checks[field]]))), typed)
  const fields = (read.values ?? {}) as Partial<ClientFields>
  const form: ClientForm = { unit, fields, phones: [], emails: [], tags: [], own: [], errors: { ...read.errors }, typed, phoneRows: [], emailRows: [] }
  if (wanted.includes('kind')) requireName({ ...typed, ...fields } as Body, form.errors)
  if (fields.is_conflicted === false) fields.conflict_reason = ''

  if (unit === undefined || !isUnit(unit)) {
    const own = readOwn(viewer, shape, typed, client, unit === undefined ? undefined : fieldOfPart(shape, unit))
    form.own = own.own
    Object.assign(form.errors, own.errors)
  }
  if (unit === undefined) {
    const phones = readPhones(typed, viewer.organisation.country)
    const emails = readEmails(typed)
    Object.assign(form, { phones: phones.values, emails: emails.values, phoneRows: phones.rows, emailRows: emails.rows, tags: readTagNames(typed, form.errors) })
    Object.assign(form.errors, phones.errors, emails.errors)
  }
  Object.assign(form.errors, missing(partOfForm(shownForm(shape, typed.kind ?? client?.kind), unit), form, client))
  return form
}

/** The form of a kind of client; what is no kind has a person's. */
export const shownForm = (shape: Shape, kind: unknown): Form => formOf(shape, KINDS.find(one => one === kind) ?? 'person')

// A part that saves itself is not held up by what is missing in another.
const partOfForm = (form: Form, unit: string | undefined): Form =>
  onlyItems(form, ({ system, field }) => unit === undefined || system === unit || (field !== null && partOf(field) === unit))

/** A price type that is chosen is the discount; what stands in the box beside it counts for nothing. */
function withPriceTypes (body: Body): Body {
  const chosen = UNITS.discounts.map(field => [field, typedText(body, `${field}.price`)] as const).filter(([, price]) => price !== '')
  return { ...body, ...Object.fromEntries(chosen.map(([field, price]) => [field, `price:${idOf(price) ?? ''}`])) }
}

/** Whether this viewer's form has anything of a part to write. */
export const mayWriteUnit = (viewer: Viewer, unit: Unit): boolean => UNITS[unit].some(field => mayWrite(viewer, field))

/** Whether this viewer's form has the field at all. A supplier box that would hide the client from its own writer is not offered. */
export function mayWrite (viewer: Viewer, field: Field): boolean {
  if (field === 'discount_services' || field === 'discount_products') return viewer.can('clients.edit_discounts')
  if (field === 'is_supplier') return viewer.can('clients.view') && viewer.can('suppliers.view')
  return true
}

// By what was typed when other fields are wrong: all that is missing is said at once.
function requireName (sent: Body, errors: FieldErrors): void {
  const isMissing = (...names: Field[]) => names.every(name => !errors[name] && !isSeen(typedText(sent, name)))
  if (sent.kind === 'company' && isMissing('company_name')) errors.company_name = { key: 'clients.company_name_missing' }
  if (sent.kind === 'person' && isMissing('first_name', 'surname')) errors.first_name = { key: 'clients.name_missing' }
}

// A name is what one can click in a list: spaces of no width, marks and the like are none.
export const isSeen = (name: string) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(name)

/** A client nobody has typed anything into yet. */
export const emptyFields = (viewer: Viewer): ClientFields => ({
  kind: 'person', first_name: '', surname: '', company_name: '', is_supplier: viewer.can('suppliers.view') && !viewer.can('clients.view'), is_conflicted: false, conflict_reason: '',
  address: '', language: '', campaign_id: null, location_id: null, discount_services: 0, discount_products: 0, note: ''
})
