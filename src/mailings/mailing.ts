import type { MessageChannel } from '../messages/message.js'

export const MAILING_STATES = ['running', 'paused', 'stopped', 'done', 'failed'] as const
export type MailingState = (typeof MAILING_STATES)[number]

/**
 * Why a client isn't written to: they have no number or address for these channels, or none that is valid, or none whose box is on; another who is
 * written to has the same; a variable has nothing to say of them; the text came out empty; they are put away or gone; or it couldn't be queued.
 */
export const WHYS = ['no_contact', 'not_valid', 'no_consent', 'same_address', 'empty_variable', 'empty_text', 'gone', 'error'] as const
export type Why = (typeof WHYS)[number]

/** What is to be written, by which channels and when. */
export interface MailingValues {
  channels: MessageChannel[]
  emailTemplateId: number | null
  textTemplateId: number | null
  subject: string
  emailBody: string
  textBody: string
  skipsEmpty: boolean
  perMinute: number | null
  dueAt: Date | null
}

export interface Mailing {
  id: number
  employeeId: number
  employee: string
  channels: MessageChannel[]
  emailTemplateId: number | null
  emailTemplate: string | null
  textTemplateId: number | null
  textTemplate: string | null
  subject: string
  emailBody: string
  textBody: string
  perMinute: number | null
  dueAt: Date
  state: MailingState
  total: number
  done: number
  createdAt: Date
  finishedAt: Date | null
}

/** How many can be reached by each channel, and how many can't, and why. */
export interface Reach { reached: number, byChannel: { channel: MessageChannel, count: number }[], not: { why: Why, count: number }[] }

/** A recipient, and how their message stands; `name` is null when the client isn't there any more or isn't the viewer's to see. */
export interface Recipient { id: number, name: string | null, state: string, why: Why | null, messageId: number | null, channel: MessageChannel | null, problem: string | null }
