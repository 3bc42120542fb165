import { CONSENT_CHANNELS, type ConsentChannel } from '../clients/consents/consent.js'
import type { Problem } from './fate.js'
import type { LeftOut } from './receiving/receive.js'

/** The ways in which clients are written to: each has a box of consent. */
export const MESSAGE_CHANNELS = CONSENT_CHANNELS
export type MessageChannel = ConsentChannel

/**
 * What became of a message, as far as is known. `held`: waits for somebody or something but the clock; `uncertain`: whoever sent it was
 * stopped in the middle; `refused`: a rule of ours kept it here; `caught`: by the test mailbox; `received`: it came in.
 */
export const MESSAGE_STATES = ['due', 'held', 'sending', 'sent', 'delivered', 'read', 'bounced', 'failed', 'uncertain', 'refused', 'canceled', 'caught', 'received'] as const
export type MessageState = (typeof MESSAGE_STATES)[number]

/** Why a message was written: by somebody's hand, by a rule, to many at once; or it came in. */
export const CAUSES = ['hand', 'automation', 'many', 'incoming'] as const
export type Cause = (typeof CAUSES)[number]

/** Who is served first: somebody who waits, what goes by itself, what goes to many. */
export const PRIORITIES = { hand: 0, automation: 5, many: 9, incoming: 0 } as const satisfies Record<Cause, number>

/** A message as pages show it, its text and address as its viewer may read them. */
export interface ShownMessage {
  id: number
  conversation_id: number
  client_id: number | null
  direction: 'in' | 'out'
  channel: MessageChannel
  state: MessageState
  address: string
  address_name: string
  employee_id: number | null
  employee: string | null
  cause: Cause
  subject: string | null
  text: string
  html: string | null
  created_at: Date
  due_at: Date
  sent_at: Date | null
  settled_at: Date | null
  attempts: number
  problem: Problem | null
  said: string | null
  gateway: string | null
  provider_id: string | null
  /** Whether a program wrote it to us. */
  is_auto: boolean
  /** What came with it and isn't kept. */
  left_out: LeftOut[]
}
