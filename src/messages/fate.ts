import type { Refusal } from '../clients/consents/may-contact.js'

/** What can go wrong at a gateway or a server; the words people read are in the locales under `messages.problems.<problem>`. */
export const SEND_PROBLEMS = ['auth', 'unreachable', 'unknown_host', 'timeout', 'tls', 'refused', 'busy', 'lost', 'stopped', 'sealed', 'other', 'bad_address', 'too_big', 'no_credit', 'file_gone', 'mailbox_full', 'not_accepted', 'delayed'] as const

/** Rules of ours that keep a message here: its client was put away, those of consent, and a channel that is switched off. */
export const RULES = ['archived', 'unknown', 'removed', 'not_valid', 'no_consent', 'channel_off', 'quiet_hours', 'limit'] as const satisfies readonly (Refusal | string)[]

export type SendProblem = (typeof SEND_PROBLEMS)[number]
export type Rule = (typeof RULES)[number]
export type Problem = SendProblem | Rule

/** How a try to send went. `later`: it is worth trying again. `said`: the gateway's or the server's own words. */
export type SendFate =
  | { state: 'sent', said: string, providerId?: string }
  | { state: 'caught' }
  | { state: 'failed' | 'later' | 'uncertain', problem: SendProblem, said: string }
  | { state: 'refused', problem: Rule }

/** What the ledger keeps beside each state. */
export interface FateDetails {
  /** Who did it: of what somebody queued, canceled or sent again. */
  by?: number
  problem?: Problem
  said?: string
  /** What took it: 'mailbox', 'smtp', or a gateway's id. */
  gateway?: string
  providerId?: string
  /** Of what waits: until when, ISO 8601. */
  until?: string
  attempt?: number
  /** Tried anew after a failure by hand, or after a process was killed by itself. */
  again?: boolean
  /** The address was typed by hand: it is none that the client has. */
  typed?: boolean
  cause?: string
  causeId?: number
}

// Minutes before each further try; after them it is given up.
const WAITS = [1, 5, 15, 60, 180, 360, 720, 1440]

/** Minutes until the try after this many; undefined when there were enough. */
export const waitAfter = (attempts: number): number | undefined => WAITS[attempts - 1]
