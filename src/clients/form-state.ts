import { typedText, type FieldError, type FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { FIELDS, type Client, type ClientFields, type Email, type Field, type Phone, type PhoneType, type Tag } from './client.js'
import type { EmailRow } from './emails/form.js'
import { emailFingerprint, fingerprint, phoneFingerprint } from './fingerprint.js'
import { emptyFields, mayWrite, type ClientForm } from './form.js'
import type { PhoneRow } from './phones/form.js'
import type { Conflict } from './save.js'

/** One input as the form shows it: what is in it, what is wrong with it, and what its value was when it was shown. */
export interface FieldState { value: any, error: FieldError | undefined, was: string, writable: boolean }

export interface PhoneState extends PhoneRow { masked: boolean, consent: Phone['consent'], shared: boolean, valid: boolean, error: FieldError | undefined, typeError: FieldError | undefined }
export interface EmailState extends EmailRow { masked: boolean, consent: Email['consent'], shared: boolean, error: FieldError | undefined }

/** Everything the client form's templates show. */
export interface FormState {
  client: Client | null
  fields: Record<Field, FieldState>
  phones: PhoneState[]
  emails: EmailState[]
  tags: (Tag | { id: null, name: string, colour: string })[]
  /** What stands in the box of a client's tags; a new client's becomes one of `tags`. */
  typedTag: string
  errors: FieldErrors
  conflicts: Conflict[]
  writable: boolean
}

/**
 * The form of a client (or of a new one) as it is shown: from what is stored, or, when a form was sent back, from what was typed.
 * `was` is of what the reader has seen: what is stored, or, of what was typed, whatever it was typed over. A conflict shows what is
 * stored now, so from then on that is what they have seen; what they left alone is shown as others have made it meanwhile.
 */
export function formState (viewer: Viewer, client: Client | null, form?: ClientForm, conflicts: Conflict[] = []): FormState {
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
  return {
    client,
    fields: Object.fromEntries(FIELDS.map(name => [name, field(name)])) as Record<Field, FieldState>,
    phones: form ? form.phoneRows.map(row => phoneAgain(row, client, errors, isShown(`phone:${row.id}`))) : (client?.phones ?? []).map(phoneState),
    emails: form ? form.emailRows.map(row => emailAgain(row, client, errors, isShown(`email:${row.id}`))) : (client?.emails ?? []).map(emailState),
    tags: client?.tags ?? (form?.tags ?? []).map(name => ({ id: null, name, colour: 'plain' })),
    typedTag: client && form ? typedText(form.typed, 'tag') : '',
    errors,
    conflicts,
    writable: client === null || viewer.can('clients.edit')
  }
}

function shownAgain (form: ClientForm, name: Field): unknown {
  if (name === 'is_supplier' || name === 'is_conflicted') return Boolean(form.typed[name])
  const typed = form.typed[name]
  return (Array.isArray(typed) ? typed[0] : typed) ?? form.fields[name] ?? ''
}

/** A stored phone as a row; its index is its place. */
export function phoneState (phone: Phone, position: number): PhoneState {
  const { id, typed, e164, masked, whatsapp, viber, sms, consent, shared } = phone
  return {
    index: String(position), id, typed: masked ? phone.display : e164 ? phone.display : typed, typeId: String(phone.type.id), whatsapp, viber, sms, remove: false,
    was: phoneFingerprint(phone), masked, consent, shared, valid: masked || e164 !== null, error: undefined, typeError: undefined
  }
}

export function emailState (email: Email, position: number): EmailState {
  const { id, address, agrees, masked, consent, shared } = email
  return { index: String(position), id, typed: address, agrees, remove: false, was: emailFingerprint(email), masked, consent, shared, error: undefined }
}

/** An empty row to type a new phone into, all channels off. */
export const newPhone = (index: number, types: PhoneType[]): PhoneState => ({
  index: String(index), id: null, typed: '', typeId: String(types[0]?.id ?? ''), whatsapp: false, viber: false, sms: false, remove: false, was: '',
  masked: false, consent: null, shared: false, valid: true, error: undefined, typeError: undefined
})

export const newEmail = (index: number): EmailState => ({ index: String(index), id: null, typed: '', agrees: false, remove: false, was: '', masked: false, consent: null, shared: false, error: undefined })

function phoneAgain (row: PhoneRow, client: Client | null, errors: FieldErrors, isShown: boolean): PhoneState {
  const phone = client?.phones.find(({ id }) => id === row.id)
  const stored = phone ? phoneState(phone, 0) : newPhone(0, [])
  return { ...stored, ...row, ...(phone?.masked && { typed: phone.display }), ...(isShown && { was: stored.was }), valid: true, shared: false, error: errors[`phones.${row.index}.number`], typeError: errors[`phones.${row.index}.type`] }
}

function emailAgain (row: EmailRow, client: Client | null, errors: FieldErrors, isShown: boolean): EmailState {
  const email = client?.emails.find(({ id }) => id === row.id)
  const stored = email ? emailState(email, 0) : newEmail(0)
  return { ...stored, ...row, ...(email?.masked && { typed: email.address }), ...(isShown && { was: stored.was }), shared: false, error: errors[`emails.${row.index}.address`] }
}
