import type { Readable } from 'node:stream'
import type { SendFate } from '../fate.js'
import type { Cause, MessageChannel } from '../message.js'

/** A file that goes with an e-mail. */
export interface Attachment { id: number, name: string, type: string, size: number, open (): Promise<Readable> }

/** A message as a gateway is given it. */
export interface Outgoing {
  id: number
  channel: MessageChannel
  cause: Cause
  /** E.164, or an e-mail. */
  address: string
  addressName: string
  clientId: number | null
  emailId: number | null
  subject: string | null
  text: string
  html: string | null
  /** The same at each try, so that a gateway that minds it sends once. */
  key: string
  messageId: string | null
  inReplyTo: string | null
  references: string[]
  attempts: number
  attachments: Attachment[]
}

/** What takes messages out of the house: an adapter for a provider or a server, opened for a while and closed. */
export interface Gateway {
  /** What the ledger calls it: 'mailbox', 'smtp', or the id of a row of `gateways`. */
  readonly name: string
  /** Whether it sends a second try with the same key only once: then what a killed process had begun is tried again. */
  readonly isIdempotent: boolean
  /** How many it is given at the same time. */
  readonly lanes: number
  /** How many it may be given in a minute; null: as many as it takes. */
  readonly perMinute: number | null
  /** Whether the last failure was the gateway's own, so that the next message would fail just so. */
  readonly isDown: boolean
  /** Tries to send. Never throws: how it went is the answer. */
  send (message: Outgoing): Promise<SendFate>
  close (): void
}

/** Opens what serves a channel now: null when none is set, so that the test mailbox catches what is sent; 'closed' when it can't be opened, so that all waits. */
export type OpenGateway = () => Promise<Gateway | null | 'closed'>

/** What opens the gateway of each channel; a channel that has none is caught by the test mailbox. */
export type Gateways = Map<MessageChannel, OpenGateway>

/** Catches everything: until a real gateway is set. */
export const mailbox: Gateway = { name: 'mailbox', isIdempotent: true, lanes: 1, perMinute: null, isDown: false, send: async () => ({ state: 'caught' }), close () {} }
