import { fingerprint } from '../web/fingerprint.js'
import type { Email, Phone } from './client.js'
import { numberKey } from './phones/number.js'

export const phoneFingerprint = (phone: Phone) => {
  const rest = [phone.type.id, phone.whatsapp, phone.viber, phone.sms]
  return phone.stamp === undefined ? fingerprint([numberKey(phone), ...rest]) : stamped(phone.stamp, rest)
}

export const emailFingerprint = ({ address, agrees, stamp }: Pick<Email, 'address' | 'agrees' | 'stamp'>) =>
  stamp === undefined ? fingerprint([address, agrees]) : stamped(stamp, [agrees])

// Of what is masked in two parts: a form doesn't send back what it may not show, so what number its writer saw is known by the first.
const stamped = (stamp: string, rest: unknown[]) => `${stamp}.${fingerprint(rest)}`

/** The stamp of the number or address that the writer of a masked row saw; what is there now when that is unknown. */
export const seenStamp = (was: string, stamp: string | undefined) => stamp === undefined || was === '' ? stamp : was.split('.')[0]

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
