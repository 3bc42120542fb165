import type { FastifyInstance } from 'fastify'
import { withdrawEmail } from '../../clients/emails/queries.js'
import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import type { FileLimits } from '../../files/file.js'
import { addReceived, type NewFile } from '../../files/queries.js'
import { FileRefused, keepFile } from '../../files/receive.js'
import { isStop } from '../../messages/gateways/hooks/stop.js'
import { receiveMessage, type LeftOut } from '../../messages/receiving/receive.js'
import { leadOfStranger } from '../../messages/receiving/strangers.js'
import type { Mailbox } from '../mailbox.js'
import { goPast } from '../queries.js'
import type { Letter } from './letter.js'
import { addressesAnswered, isOurs, ourAddresses, settleDeliveries } from './queries.js'
import { ownWords } from './quote.js'
import { senderOf } from './sender.js'

type Parts = Pick<FastifyInstance, 'db' | 'storage'>

/** Which letter of a mailbox it is, and when it came there. */
export interface Place { uidValidity: number, uid: number, at: Date }

/** What became of a letter: `past`: somebody else took it, or the mailbox was changed; `again`: it was received before. */
export type Taken = 'received' | 'again' | 'ours' | 'report' | 'past'

/**
 * Takes a letter, and goes on behind it in the same transaction: whatever happens in between, it is taken once. Its files are kept before;
 * of a letter that then isn't taken nobody names them, and they are cleared away.
 */
export async function takeLetter (parts: Parts, mailbox: Mailbox, place: Place, letter: Letter, limits: FileLimits): Promise<Taken> {
  const isReport = letter.report !== null
  const sender = senderOf(letter, await ourAddresses(parts.db))
  const isOwn = sender === null || (letter.messageId !== null && await isOurs(parts.db, letter.messageId))
  const { files, leftOut } = isReport || isOwn ? { files: [], leftOut: [] } : await keepFiles(parts, letter, limits)
  return transaction(parts.db, async trx => {
    if (!await goPast(trx, mailbox, place.uidValidity, place.uid)) return 'past'
    if (letter.report) {
      await settleDeliveries(trx, letter.report)
      return 'report'
    }
    if (isOwn) return 'ours'
    return receive(trx, mailbox, place, { ...letter, leftOut }, sender, files)
  })
}

async function receive (trx: Db, mailbox: Mailbox, place: Place, letter: Letter, { name, address }: { name: string, address: string }, files: readonly NewFile[]): Promise<Taken> {
  const received = await receiveMessage(trx, {
    channel: 'email', from: address, fromName: name, subject: letter.subject, text: letter.text, ...(letter.html && { html: letter.html }), gateway: `imap:${mailbox.id}`, providerId: providerIdOf(letter),
    at: place.at, ...(letter.messageId && { messageId: letter.messageId }), ...(letter.inReplyTo && { inReplyTo: letter.inReplyTo }), references: letter.references, isAuto: letter.isAuto, leftOut: letter.leftOut
  })
  if (!received.isNew) return 'again'
  await addReceived(trx, received.id, files)
  if (letter.isAuto) return 'received'
  const words = ownWords(letter.text)
  if (isStop(words) || (words === '' && isStop(letter.subject))) {
    const thread = [...letter.references, ...letter.inReplyTo ? [letter.inReplyTo] : []]
    for (const one of new Set([address, ...await addressesAnswered(trx, thread)].map(given => given.toLowerCase()))) await withdrawEmail(trx, one, { source: 'stop' })
  } else if (received.isStranger) {
    await leadOfStranger(trx, received.conversationId, { channel: 'email', address, name, text: [letter.subject, words || letter.text].filter(Boolean).join('\n') }, mailbox.makesLeads)
  }
  return 'received'
}

/** Keeps what of a letter's files may be kept, as what employees upload is: judged by its content, pictures drawn anew. */
async function keepFiles (keeper: Parts, letter: Letter, limits: FileLimits): Promise<{ files: NewFile[], leftOut: LeftOut[] }> {
  const files: NewFile[] = []
  const leftOut = [...letter.leftOut]
  for (const { name, ...spooled } of letter.files) {
    try {
      files.push(await keepFile(spooled, name, limits, keeper))
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error
      // What the words of an upload advise, its sender would have to do.
      leftOut.push({ name, size: spooled.size, error: error.said.key.startsWith('files.refused.') ? { key: 'mailboxes.left.kind' } : { key: 'mailboxes.left.picture' } })
    }
  }
  return { files, leftOut }
}

// A letter without an id is known again by its head, in which the servers it passed wrote when they had it.
const providerIdOf = ({ messageId, fingerprint, from }: Letter): string => messageId === null ? `head:${fingerprint}` : `${messageId} ${from?.address.toLowerCase() ?? ''}`.slice(0, 800)
