import type { ImapFlow } from 'imapflow'
import { MailboxProblem } from '../server.js'

const DAY = 86_400_000

/** The number of the first letter of an open folder that came at a moment or later; that of the next to come, where none did. */
export async function oldest (client: ImapFlow, since: Date): Promise<number> {
  // Asked first: what comes between the two questions is then found by the second, or is the next.
  const last = await client.search({ uid: '*' }, { uid: true })
  const { uidNext = 0 } = client.mailbox || {}
  const next = Math.max(uidNext, Array.isArray(last) && last.length > 0 ? Math.max(...last) + 1 : 1)
  // A server knows the day alone, and that in its own zone (RFC 3501, 6.4.4).
  const near = await client.search({ since: new Date(since.getTime() - DAY) }, { uid: true })
  if (!Array.isArray(near)) throw new MailboxProblem('refused', 'SEARCH')
  const second = Math.floor(since.getTime() / 1000) * 1000
  let first = Infinity
  if (near.length > 0) {
    for await (const { uid, internalDate } of client.fetch(`${Math.min(...near)}:${Math.max(...near)}`, { uid: true, internalDate: true }, { uid: true })) {
      if (internalDate && new Date(internalDate).getTime() >= second) first = Math.min(first, uid)
    }
  }
  return first === Infinity ? next : first
}
