import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Db } from '../../database/knex.js'
import { attachmentsOf } from './attachments.js'
import type { Storage } from '../../files/storage/storage.js'
import type { SendFate } from '../fate.js'
import type { MessageChannel } from '../message.js'
import { wakeChannel } from '../queue.js'
import { mailbox, type Gateway, type OpenGateway } from './gateway.js'
import { roomOf, settle, settleLost, takeNext, waitOf, type Taken, type Tried } from './queries.js'

// Milliseconds of sending in one go; what is left then makes way for other jobs, and finds a gateway that was changed.
const TURN = 3000

// Milliseconds between two messages of a channel: 500 a second are sent, and pages are not made to wait for more.
const STEP = 1.9

// Until a gateway that is down, or that nobody can open, is tried again.
const PAUSE = 60_000

export interface Parts { db: Db, storage: Storage, log: FastifyBaseLogger, open: OpenGateway }

/**
 * Sends what is due on a channel. Nobody else does at the same time: the jobs of a channel are one queue. A message is taken before it is
 * sent and settled after, so that of one whose process was killed in between it is known that nobody knows.
 */
export async function sendDue (parts: Parts, channel: MessageChannel, signal: AbortSignal): Promise<void> {
  const { db, log } = parts
  const opened = await parts.open()
  if (opened === 'closed') return wakeChannel(db, channel, new Date(Date.now() + PAUSE))
  const gateway = opened ?? mailbox
  try {
    const lost = await settleLost(db, channel, gateway.isIdempotent)
    if (lost > 0) log.warn({ channel, lost }, 'messages were being sent when a process was killed')
    const turn = new Turn(gateway.perMinute === null ? Infinity : (await roomOf(db, channel, gateway.perMinute)).room, signal)
    // All of them come to an end, also when one fails: whoever goes on sending would find its messages called lost.
    const ended = await Promise.allSettled(Array.from({ length: gateway.lanes }, () => lane(parts, channel, gateway, turn)))
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    await goOn(db, channel, gateway, turn)
  } finally {
    gateway.close()
  }
}

/** What the lanes of a turn share: how many may still leave, and until when. */
class Turn {
  private readonly until = Date.now() + TURN
  private next = 0
  isEmpty = false
  /** Minutes until the first of those that are to be tried again. */
  readonly waits: number[] = []

  constructor (public room: number, private readonly signal: AbortSignal) {}

  /** Waits until one more may leave. */
  async pace (): Promise<void> {
    const now = performance.now()
    const at = Math.max(now, this.next)
    this.next = at + STEP
    if (at - now >= 1) await sleep(at - now)
  }

  get isOver () { return this.signal.aborted || this.isEmpty || this.room <= 0 || Date.now() >= this.until }
}

// What was tried is written down with the taking of the next, or by itself when there is none to be taken.
async function lane (parts: Parts, channel: MessageChannel, gateway: Gateway, turn: Turn): Promise<void> {
  const { db, log } = parts
  let tried: Tried | undefined
  while (!turn.isOver && !gateway.isDown) {
    turn.room--
    const message = await takeNext(db, channel, tried)
    tried = undefined
    if (!message) {
      turn.isEmpty = true
      return
    }
    if (!message.refusal) await turn.pace()
    const fate: SendFate = message.refusal ? { state: 'refused', problem: message.refusal } : await hand(parts, gateway, message)
    tried = { message, gateway: gateway.name, fate }
    const wait = waitOf(tried)
    if (wait !== undefined) turn.waits.push(wait)
    if (fate.state !== 'sent' && fate.state !== 'caught') {
      turn.room++
      log.info({ message: message.id, fate: fate.state, problem: fate.problem }, 'a message was not sent')
    }
  }
  if (tried) await settle(db, tried)
}

async function hand (parts: Parts, gateway: Gateway, { hasFiles, refusal: _, ...message }: Taken): Promise<SendFate> {
  const attachments = hasFiles ? await attachmentsOf(parts, message.id) : []
  return attachments === null ? { state: 'failed', problem: 'file_gone', said: '' } : gateway.send({ ...message, attachments })
}

async function goOn (db: Db, channel: MessageChannel, gateway: Gateway, turn: Turn): Promise<void> {
  for (const wait of new Set(turn.waits)) await wakeChannel(db, channel, new Date(Date.now() + wait * 60_000 + 500))
  if (turn.isEmpty) return
  if (gateway.isDown) return wakeChannel(db, channel, new Date(Date.now() + PAUSE))
  const at = turn.room <= 0 && gateway.perMinute !== null ? (await roomOf(db, channel, gateway.perMinute)).at : undefined
  await wakeChannel(db, channel, at)
}
