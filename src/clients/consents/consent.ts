import { CHANNELS, type Channel } from '../client.js'

/** Everything a client can agree to. */
export const CONSENT_CHANNELS = [...CHANNELS, 'email'] as const
export type ConsentChannel = Channel | 'email'

/** The channels' own names; an e-mail is a word of each language. */
export const CHANNEL_NAMES: Record<ConsentChannel, string> = { whatsapp: 'WhatsApp', viber: 'Viber', sms: 'SMS', email: 'e-mail' }

/** How a client may have said it, as an employee notes it. */
export const HOWS = ['in_person', 'phone', 'writing', 'online', 'other'] as const
export type How = (typeof HOWS)[number]

/** By what way consents come into the history, as far as there are words for it. */
export const SOURCES = ['form', 'import', 'upgrade', 'merge', 'unmerge', 'unsubscribe', 'stop'] as const

/** One line of the history: what a client said about a channel, when, and who or what noted it. */
export interface ConsentEntry {
  id: number
  at: Date
  phone_id: number | null
  email_id: number | null
  channel: ConsentChannel
  /** The number or address as it was then; masked for those who may not see it. */
  address: string
  /** Taken off the client since. */
  removed: boolean
  given: boolean
  /** Null: by no employee, or by one who can't be named. */
  by: string | null
  source: string
  /** Which import or form. */
  source_name: string
  /** "changed": the number or address was changed while its box was on. */
  how: How | 'changed' | null
  note: string
  /** Who said so afterwards, and when; null when it stands as it was first noted. */
  noted_by: string | null
  noted_at: Date | null
  /** The last note's id: by it a form tells what its writer saw. */
  note_id: number | null
  wording: { language: string, version: number, body: string } | null
}

/** A number or address of a client, and what it agrees to now. */
export interface Agreeing { kind: 'phone' | 'email', id: number, address: string, removed: boolean, channels: ConsentChannel[] }
