import { idOf, typedText, type FieldError, type FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { FIELDS, priceTypeOf, type Client, type ClientFields, type Discount, type Field, type Tag } from './client.js'
import { rowAgain } from './contacts/rows.js'
import { emailRows, type EmailState } from './emails/rows.js'
import { fingerprint } from '../web/fingerprint.js'
import type { Form, FormItem, Shape } from '../form-editor/definition.js'
import { emptyFields, mayWrite, shownForm, type ClientForm } from './form.js'
import { ownStates, type OwnState } from '../form-editor/own/state.js'
import { phoneRows, type PhoneState } from './phones/rows.js'
import type { Held } from './queries.js'
import type { Conflict } from './save.js'
import { unseenIn } from '../form-editor/items.js'

/** One input as the form shows it: what is in it, what is wrong with it, and what its value was when it was shown. */
export interface FieldState { value: any, error: FieldError | undefined, was: string, writable: boolean }

/** Everything the client form's templates show. */
export interface FormState {
  client: Client | null
  /** How it is laid out: that of a person or a company. */
  asks: Form
  fields: Record<Field, FieldState>
  /** Own fields by their key. */
  own: Record<string, OwnState>
  phones: PhoneState[]
  emails: EmailState[]
  tags: (Tag | { id: null, name: string, colour: string })[]
  /** What stands in the box of a client's tags; a new client's becomes one of `tags`. */
  typedTag: string
  errors: FieldErrors
  /** What is wrong with items that the form doesn't show any more: they were hidden while it lay open. */
  unseen: { item: FormItem, error: FieldError }[]
  conflicts: Conflict[]
  writable: boolean
}

/**
 * The form of a client (or of a new one) as it is shown: from what is stored, or, when a form was sent back, from what was typed.
 * `was` is of what the reader has seen: what is stored, or, of what was typed, whatever it was typed over. A conflict shows what is
 * stored now, so from then on that is what they have seen; what they left alone is shown as others have made it meanwhile.
 */
export function formState (viewer: Viewer, client: Client | null, shape: Shape, form?: ClientForm, conflicts: Conflict[] = []): FormState {
  const stored: ClientFields = client ?? emptyFields(viewer)
  const errors = form?.errors ?? {}
  const isShown = (name: string) => conflicts.some(conflict => conflict.name === name)
  const field = (name: Field): FieldState => {
    const writable = mayWrite(viewer, name)
    const now = client ? fingerprint(stored[name]) : ''
    const sent = form && typedText(form.typed, `was.${name}`)
    const isLeft = form && name in form.fields && fingerprint(form.fields[name]) === sent
    const isSent = form && writable && (sent || name in form.fields || name in form.typed)
    return {
      value: isSent && !isLeft ? shownAgain(form, name) : stored[name],
      error: errors[name],
      was: isSent && !isLeft && !isShown(name) ? sent || now : now,
      writable
    }
  }
  const asks = shownForm(shape, form?.typed.kind ?? stored.kind)
  return {
    client,
    asks,
    own: ownStates(viewer, client, asks, form, isShown),
    fields: Object.fromEntries(FIELDS.map(name => [name, field(name)])) as Record<Field, FieldState>,
    phones: form ? form.phoneRows.map(row => rowAgain(phoneRows, row, client, errors, isShown(`phone:${row.id}`))) : (client?.phones ?? []).map(phoneRows.shown),
    emails: form ? form.emailRows.map(row => rowAgain(emailRows, row, client, errors, isShown(`email:${row.id}`))) : (client?.emails ?? []).map(emailRows.shown),
    tags: client?.tags ?? (form?.tags ?? []).map(name => ({ id: null, name, colour: 'plain' })),
    typedTag: client && form ? typedText(form.typed, 'tag') : '',
    errors,
    unseen: unseenIn(asks, errors),
    conflicts,
    writable: client === null || viewer.can('clients.edit')
  }
}

function shownAgain (form: ClientForm, name: Field): unknown {
  if (name === 'is_supplier' || name === 'is_conflicted') return Boolean(form.typed[name])
  const typed = form.typed[name]
  return (Array.isArray(typed) ? typed[0] : typed) ?? form.fields[name] ?? ''
}

/** What is chosen in the form or stands in the client: it is offered there though it was retired. */
export function heldIn ({ client, fields, phones }: FormState): Held {
  const ids = (...values: unknown[]) => values.map(value => idOf(String(value ?? ''))).filter(id => id !== null)
  const prices = [fields.discount_services.value, fields.discount_products.value, client?.discount_services, client?.discount_products]
  return {
    campaigns: ids(fields.campaign_id.value, client?.campaign_id),
    locations: ids(fields.location_id.value, client?.location_id),
    phoneTypes: ids(...phones.map(phone => phone.typeId), ...(client?.phones ?? []).map(phone => phone.type.id)),
    priceTypes: ids(...prices.map(value => typeof value === 'string' ? priceTypeOf(value as Discount) : null))
  }
}
