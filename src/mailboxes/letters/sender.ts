import { isEmail } from '../../web/shape.js'
import type { Address, Letter } from './letter.js'

// Addresses that nobody reads.
const NOBODY = /^(no-?reply|do-?not-?reply|noresponder|nie-?odpowiadaj|mailer-daemon|postmaster|wordpress|www-data|apache|nobody)@/

// Reserved for what is no address (RFC 2606, 2).
const UNKNOWN = 'unknown@unknown.invalid'

/**
 * Who writes to us: whom a letter is from; of one that a form of ours sends, or a program nobody answers, who it says that answers go to.
 * Null for a letter of our own.
 */
export function senderOf ({ from, replyTo }: Pick<Letter, 'from' | 'replyTo'>, ours: ReadonlySet<string>): Address | null {
  const isOurs = ({ address }: Address) => ours.has(address.toLowerCase())
  const writer = from && isEmail(from.address) ? from : null
  const answers = replyTo && isEmail(replyTo.address) && !isOurs(replyTo) ? replyTo : null
  if (writer && isOurs(writer)) return answers
  if (!writer || NOBODY.test(writer.address.toLowerCase())) return answers ?? writer ?? { name: from?.name ?? '', address: UNKNOWN }
  return writer
}
