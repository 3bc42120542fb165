import type { Rows, RowState } from '../contacts/rows.js'
import { CHANNELS, type Phone, type PhoneType } from '../client.js'
import { phoneFingerprint, seenStamp } from '../fingerprint.js'
import { numberKey } from './number.js'
import { readPhones, type PhoneRow, type PhoneValues } from './form.js'
import { addPhone, changePhone, findPhoneTwin, findRemovedPhone, findTwinOfRemovedPhone, setPhoneRemoved } from './queries.js'

export interface PhoneState extends PhoneRow, RowState {
  /** Whether a name for a new type is asked for. */
  asksType?: boolean
}

/** The phones of a client in its form. */
export const phoneRows: Rows<Phone, PhoneValues, PhoneRow, PhoneState> = {
  kind: 'phone',
  main: 'number',
  of: client => client.phones,
  read: (body, viewer) => readPhones(body, viewer.organisation.country),

  shown (phone, position) {
    const { id, valid, masked, whatsapp, viber, sms, consent, shared } = phone
    return {
      index: String(position), id, typed: masked || valid ? phone.display : phone.typed, typeId: String(phone.type.id), whatsapp, viber, sms, remove: false,
      was: phoneFingerprint(phone), masked, consent, shared, valid, error: undefined, typeError: undefined
    }
  },

  fresh: (index: number, types: PhoneType[]) => ({
    index: String(index), id: null, typed: '', typeId: String(types[0]?.id ?? ''), whatsapp: false, viber: false, sms: false, remove: false, was: '',
    masked: false, consent: null, shared: false, valid: true, error: undefined, typeError: undefined
  }),

  print: phoneFingerprint,

  merged: (phone, { number, newType, typeId, whatsapp, viber, sms, was }) => ({
    ...phone, whatsapp, viber, sms, type: newType === '' && typeId === phone.type.id ? phone.type : { id: newType ? -1 : typeId, key: null, name: newType || null },
    stamp: seenStamp(was, phone.stamp),
    ...(number && { e164: number.e164, valid: number.e164 !== null, typed: number.typed, display: number.display, stamp: undefined })
  }),

  isAnother: (phone, { number }) => number !== undefined && numberKey(number) !== numberKey(phone),
  findTwin: findPhoneTwin,
  findTwinOfRemoved: findTwinOfRemovedPhone,

  joined (phone, values) {
    const isOfType = values.newType ? values.newType.toLowerCase() === phone.type.name?.toLowerCase() : values.typeId === phone.type.id
    const boxes = { whatsapp: phone.whatsapp || values.whatsapp, viber: phone.viber || values.viber, sms: phone.sms || values.sms }
    if (!isOfType) return undefined
    return { values: { ...values, ...boxes, id: phone.id, number: undefined, typeId: phone.type.id, newType: '' }, given: CHANNELS.filter(channel => boxes[channel] && !phone[channel]) }
  },

  words: phone => phone.display,
  wordsOf: ({ number }) => number?.display,

  add: addPhone,
  change: changePhone,
  setRemoved: setPhoneRemoved,
  findRemoved: findRemovedPhone
}
