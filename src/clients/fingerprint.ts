import { fingerprint } from '../web/fingerprint.js'
import type { Email, Phone } from './client.js'
import { numberKey } from './phones/number.js'

export const phoneFingerprint = (phone: Phone) =>
  fingerprint([numberKey(phone), phone.type.id, phone.whatsapp, phone.viber, phone.sms])

export const emailFingerprint = (email: Pick<Email, 'address' | 'agrees'>) => fingerprint([email.address, email.agrees])

/** What to do with a field of a form: write it, leave what is there, or ask. */
export type Verdict = 'write' | 'keep' | 'conflict'

/**
 * Judges one field. `was` is the fingerprint of what the writer saw ('' when unknown), `mine` and `current` those of what was
 * sent and of what is there now.
 */
export function judge (was: string, mine: string, current: string): Verdict {
  if (mine === current) return 'keep'
  if (was === '' || was === current) return 'write'
  return mine === was ? 'keep' : 'conflict'
}
