import type { Viewer } from '../web/viewer.js'
import type { Email, Phone } from './client.js'
import { readNumber } from './phones/number.js'

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

export function maskedPhone (viewer: Viewer, phone: Phone): Phone {
  if (seesContacts(viewer)) return phone
  const display = maskPhone(phone.display)
  return { ...phone, display, typed: display, e164: null, masked: true }
}

export function maskedEmail (viewer: Viewer, email: Email): Email {
  return seesContacts(viewer) ? email : { ...email, address: maskEmail(email.address), masked: true }
}

/** An address of a message, an e-mail or a number in E.164, as this viewer may read it. */
export function readable (viewer: Viewer, isEmail: boolean, address: string): string {
  if (isEmail) return seesContacts(viewer) ? address : maskEmail(address)
  const { display } = readNumber(address, viewer.organisation.country)
  return seesContacts(viewer) ? display : maskPhone(display)
}
