import type { Security } from '../mail/queries.js'

/** Why a mailbox can't be listened to; the words people read are in the locales under `mailboxes.problems.<problem>`. */
export const PROBLEMS = ['unknown_host', 'unreachable', 'timeout', 'tls', 'auth', 'no_folder', 'lost', 'nonsense', 'refused', 'sealed', 'other'] as const
export type Problem = (typeof PROBLEMS)[number]

/** Where a mailbox is, and how its server knows us. */
export interface MailboxServer { host: string, port: number, security: Security, username: string, folder: string }

/** A mailbox whose letters are taken, as the settings say. */
export interface Mailbox extends MailboxServer {
  id: number
  name: string
  /** Sealed: see src/seal.ts. */
  passwordSealed: string
  isOn: boolean
  /** Whether a letter that was taken is marked as read there. */
  marksSeen: boolean
  /** Whether a stranger's letter begins a lead. */
  makesLeads: boolean
  version: number
}

/** How a mailbox stands now. */
export interface MailboxState {
  isListening: boolean
  listeningSince: Date | null
  /** When the last letter was taken. */
  letterAt: Date | null
  problem: Problem | null
  said: string | null
  nextTryAt: Date | null
}

/** What is sealed as a mailbox's password. */
export const PASSWORD = 'mailbox password'

/** So many can be listened to: each is a connection. */
export const MOST_MAILBOXES = 20
