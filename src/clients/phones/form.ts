import { z } from 'zod'
import { idOf, text, tick, type Body, type FieldErrors } from '../../web/form.js'
import { readForm } from '../../web/form.js'
import { CHANNELS } from '../client.js'
import { readNumber, type PhoneNumber } from './number.js'

/** One phone as the form sends it. */
export interface PhoneValues {
  /** Of a phone the client has; null for a new one. */
  id: number | null
  /** Undefined when the viewer saw it masked and so did not send it. */
  number: PhoneNumber | undefined
  typeId: number
  /** Name of a type of one's own to be made for it, or ''. */
  newType: string
  whatsapp: boolean
  viber: boolean
  sms: boolean
  remove: boolean
  /** Fingerprint of the phone as the form showed it, '' for a new one. */
  was: string
}

/** A row as it is shown again. */
export interface PhoneRow { index: string, id: number | null, typed: string, typeId: string, whatsapp: boolean, viber: boolean, sms: boolean, remove: boolean, was: string }

const one = z.object({
  id: z.string().default(''),
  number: text(60),
  type: z.string().default(''),
  new_type: text(40),
  whatsapp: tick,
  viber: tick,
  sms: tick,
  remove: tick,
  was: z.string().max(64).default('').catch('')
})

const MOST = 50

/**
 * Reads the rows of phones in a body: each row has an index, sent as `phone_rows`, and its fields as `phones.<index>.<field>`.
 * Empty new rows count for nothing. Errors stand under `phones.<index>.number` and `.type`.
 */
export function readPhones (body: Body, country: string): { values: PhoneValues[], rows: PhoneRow[], errors: FieldErrors } {
  const errors: FieldErrors = {}
  const values: PhoneValues[] = []
  const rows: PhoneRow[] = []
  const seen = new Map<string, string>()

  for (const index of rowIndexes(body, 'phone_rows')) {
    const name = `phones.${index}`
    const sent = Object.fromEntries(['id', 'number', 'type', 'new_type', ...CHANNELS, 'remove', 'was'].map(field => [field, body[`${name}.${field}`]]))
    const read = readForm(one, sent)
    const typed = String(sent.number ?? '')
    const id = idOf(sent.id)
    const shown = { index, id, typed, typeId: String(sent.type ?? ''), whatsapp: Boolean(sent.whatsapp), viber: Boolean(sent.viber), sms: Boolean(sent.sms), remove: Boolean(sent.remove), was: String(sent.was ?? '') }
    if (read.errors) {
      for (const [field, error] of Object.entries(read.errors)) errors[`${name}.${field}`] = error
      rows.push(shown)
      continue
    }
    const { number, type, new_type: newType, remove, was, whatsapp, viber, sms } = read.values
    const masked = id !== null && sent.number === undefined
    if (number === '' && id === null) continue
    rows.push(shown)
    const typeId = idOf(type)
    const parsed = masked ? undefined : readNumber(number, country)
    const key = parsed?.e164 ?? ''
    if (!remove) {
      if (parsed && number === '') errors[`${name}.number`] = { key: 'phones.empty' }
      else if (parsed && !/\d/.test(number)) errors[`${name}.number`] = { key: 'phones.no_digits' }
      else if (key && seen.has(key)) errors[`${name}.number`] = { key: 'phones.twice' }
      if (typeId === null && newType === '') errors[`${name}.type`] = { key: 'form.choose' }
      if (key) seen.set(key, index)
    }
    values.push({ id, number: parsed, typeId: typeId ?? 0, newType, whatsapp, viber, sms, remove, was })
  }
  return { values, rows, errors }
}

/** The indexes of repeated rows, in the order of the form; anything that is no small number is not ours. */
export function rowIndexes (body: Body, name: string): string[] {
  // A row that saves itself names itself: the rest of its form comes along unasked.
  const sent = body.row ?? body[name]
  const list = sent === undefined ? [] : Array.isArray(sent) ? sent : [sent]
  return [...new Set(list.filter(index => /^\d{1,4}$/.test(index)))].slice(0, MOST)
}
