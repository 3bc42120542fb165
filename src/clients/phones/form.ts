import { z } from 'zod'
import { idOf, text, tick, type Body } from '../../web/form.js'
import { readRows, type ReadRows, type RowValues, type SentRow } from '../contacts/form.js'
import { readNumber, type PhoneNumber } from './number.js'

/** One phone as the form sends it. */
export interface PhoneValues extends RowValues {
  /** Undefined when the viewer saw it masked and typed no other. */
  number: PhoneNumber | undefined
  typeId: number
  /** Name of a type of one's own to be made for it, or ''. */
  newType: string
  whatsapp: boolean
  viber: boolean
  sms: boolean
}

/** A row as it is shown again. */
export interface PhoneRow extends SentRow { typeId: string, whatsapp: boolean, viber: boolean, sms: boolean, valid: boolean }

const phone = z.object({
  id: z.string().default(''),
  number: text(60),
  type: z.string().default(''),
  new_type: text(40),
  whatsapp: tick,
  viber: tick,
  sms: tick,
  remove: tick,
  masked: tick,
  was: z.string().max(64).default('').catch('')
})

const again = (country: string) => (sent: Body) => ({
  typeId: String(sent.type ?? ''), whatsapp: Boolean(sent.whatsapp), viber: Boolean(sent.viber), sms: Boolean(sent.sms),
  valid: !sent.number || readNumber(String(sent.number), country).e164 !== null
})

/** Reads the rows of phones in a body, as somebody in `country` types numbers. */
export function readPhones (body: Body, country: string): ReadRows<PhoneValues, PhoneRow> {
  return readRows(body, 'phone', 'number', phone, again(country), ({ number: typed, type, new_type: newType, ...boxes }, { id, isMasked, fail, isTwice }) => {
    const number = isMasked ? undefined : readNumber(typed, country)
    const typeId = idOf(type) ?? 0
    if (!boxes.remove) {
      if (number && typed === '') fail('number', 'phones.empty')
      else if (number && !/\d/.test(typed)) fail('number', 'phones.no_digits')
      else if (number?.e164 && isTwice(number.e164)) fail('number', 'phones.twice')
      if (typeId === 0 && newType === '') fail('type', 'form.choose')
    }
    return { ...boxes, id, number, typeId, newType }
  })
}
