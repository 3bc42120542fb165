import type { IncomingHttpHeaders } from 'node:http'
import type { SendFate, SendProblem } from '../fate.js'
import type { Reported } from '../ledger.js'
import type { MessageChannel } from '../message.js'
import type { Outgoing } from '../sending/gateway.js'
import type { Ask } from './ask.js'

/** The channels that gateways serve; e-mail has its server. */
export const GATEWAY_CHANNELS = ['sms', 'whatsapp', 'viber'] as const satisfies readonly MessageChannel[]
export type GatewayChannel = (typeof GATEWAY_CHANNELS)[number]

/** The parts of a gateway's form, in their order. */
export const FIELD_GROUPS = ['account', 'request', 'answer', 'hook'] as const

/** One field of a gateway's settings. Its words are in the locales under `gateways.fields.<name>` and `gateways.hints.<name>`. */
export interface Field {
  name: string
  group: (typeof FIELD_GROUPS)[number]
  /** A secret is sealed and never shown again; 'lines' is a text of several lines; 'url' an address; 'host' an address without a path. */
  kind: 'text' | 'url' | 'host' | 'secret' | 'lines' | 'choice'
  choices?: readonly string[]
  required?: boolean
  max: number
  /** What a new gateway begins with. */
  begins?: string
  /** It says where secrets go: when it changes they are typed anew. */
  leads?: boolean
}

export type Values = Record<string, string>

/** What an adapter sends by. */
export interface Line { settings: Values, secrets: Values, sender: string, ask: Ask, hookUrl: string | null, isIdempotent: boolean }

/** A request of a provider, as it came. */
export interface HookRequest { url: string, headers: IncomingHttpHeaders, query: Record<string, string>, raw: Buffer, type: string }

/** What a provider tells of a message it took: by its own id, or by the reference we gave it. */
export interface Report { providerId?: string, reference?: string, state: Reported, problem?: SendProblem, said?: string }

/** What it brings; `from` as it writes numbers. */
export interface Brought { channel?: GatewayChannel, from: string, fromName?: string, text: string, providerId: string, at?: Date, stops?: boolean }

export interface HookNews { reports: Report[], brought: Brought[] }

/** A provider's way of sending and telling. */
export interface Adapter {
  key: string
  channels: readonly GatewayChannel[]
  fields: readonly Field[]
  /** What is wrong with values that are each right by themselves, by field. */
  check? (values: Values): Record<string, { key: string, values?: Record<string, unknown> }>
  isIdempotent (settings: Values): boolean
  send (line: Line, message: Outgoing): Promise<SendFate>
  /** Whether a request is from whom it says: else it is answered 403. `only` narrows it to what it is signed for. */
  verify (request: HookRequest, settings: Values, secrets: Values, address: string): boolean | { only: string }
  read (request: HookRequest, settings: Values): HookNews
  /** What is answered to news that was taken. */
  thanks: { type: string, body: string }
}

/** What a message is called at a provider: the same at each try, and told from others without asking the database. */
export const referenceOf = ({ id, key }: Pick<Outgoing, 'id' | 'key'>): string => `${id}-${key}`

/** The message and its key in a reference; null when it is none of ours. */
export function readReference (reference: string | undefined): { id: number, key: string } | null {
  const [, id, key] = /^(\d{1,15})-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(reference ?? '') ?? []
  return id && key ? { id: Number(id), key } : null
}

/** "+48600123456" as most providers write it. */
export const digitsOf = (e164: string): string => e164.replace(/\D/g, '')
