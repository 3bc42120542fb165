import { createHmac } from 'node:crypto'
import type { Viewer } from '../web/viewer.js'
import type { Email, Phone } from './client.js'
import { numberKey, readNumber } from './phones/number.js'

export const seesContacts = (viewer: Viewer) => viewer.can('contacts.view_full')

/**
 * "+48 600 123 456" as someone without the right reads it: "+48 ••• ••• •56". The country's prefix and two digits tell numbers apart,
 * no more. What isn't written like a number may be anything, also digits of another script: of it nothing is shown.
 */
export function maskPhone (display: string): string {
  if (!/^\+?[\d\s()./-]+( ext\. \d+)?$/.test(display)) return display.replace(/[\p{L}\p{N}]/gu, '•')
  const prefix = /^\+\d{1,3}(?=[\s-])/.exec(display)?.[0] ?? ''
  const rest = display.slice(prefix.length)
  let left = rest.replace(/\D/g, '').length
  return prefix + rest.replace(/\d/g, digit => left-- > 2 ? '•' : digit)
}

/** "joao@correio.example" as "j•••@•••". */
export const maskEmail = (address: string): string => `${[...address][0] ?? ''}•••@•••`

/**
 * Stands for a number or address that is masked, so that who sees it masked is told when it was replaced by another that looks the same so. Without the
 * key (STAMP_KEY) nobody can try numbers against it, and with its row's id the same number has another on every row.
 */
export const stampOf = (key: string, kind: 'phone' | 'email' | 'lead_phone', id: number, value: string): string =>
  createHmac('sha256', `contacts ${key}`).update(JSON.stringify([kind, id, value])).digest('base64url').slice(0, 16)

/** As this viewer may see it; `key` is STAMP_KEY, for those who see it masked. */
export function maskedPhone (viewer: Viewer, phone: Phone, key: string | undefined): Phone {
  if (seesContacts(viewer)) return phone
  const display = maskPhone(phone.display)
  return { ...phone, display, typed: display, e164: null, masked: true, stamp: stampOf(key!, 'phone', phone.id, numberKey(phone)) }
}

export function maskedEmail (viewer: Viewer, email: Email, key: string | undefined): Email {
  return seesContacts(viewer) ? email : { ...email, address: maskEmail(email.address), masked: true, stamp: stampOf(key!, 'email', email.id, email.address) }
}

/** An address of a message, an e-mail or a number in E.164, as this viewer may read it. */
export function readable (viewer: Viewer, isEmail: boolean, address: string): string {
  if (isEmail) return seesContacts(viewer) ? address : maskEmail(address)
  const { display } = readNumber(address, viewer.organisation.country)
  return seesContacts(viewer) ? display : maskPhone(display)
}
