import type { Db } from '../../database/knex.js'
import { keepable } from '../../database/words.js'

/** What a mail is about; the words people read are in the locales under `mail.kinds.<kind>`. */
export const MAIL_KINDS = ['invitation', 'password_link', 'password_reset', 'password_changed', 'email_confirm', 'email_changed', 'two_steps_reset', 'lead_notice', 'test'] as const
export type MailKind = (typeof MAIL_KINDS)[number]

export const MAIL_STATES = ['due', 'sending', 'sent', 'caught', 'uncertain', 'failed', 'expired'] as const
export type MailState = (typeof MAIL_STATES)[number]

/** A mail to be sent. `employeeId`: whom it is for; `expiresAt`: when it is worth nothing any more. */
export interface NewMail {
  kind: MailKind
  to: { address: string, name?: string }
  employeeId?: number
  subject: string
  text: string
  html: string
  expiresAt?: Date
}

/** A mail that a sender has taken. */
export interface TakenMail { id: number, recipient: string, recipientName: string | null, subject: string, text: string, html: string, messageId: string, attempts: number }

/** How a try to send went. `later`: it is worth trying again. */
export type Fate =
  | { state: 'sent', said: string }
  | { state: 'failed' | 'later' | 'uncertain', problem: Problem, said: string }

export const PROBLEMS = ['auth', 'unreachable', 'unknown_host', 'timeout', 'tls', 'refused', 'busy', 'lost', 'stopped', 'sealed', 'other'] as const
export type Problem = (typeof PROBLEMS)[number]

// Minutes before each further try; after them it is given up.
const WAITS = [1, 5, 15, 60, 180, 360, 720, 1440]

// No try to send lasts as long as this: whoever had taken the mail was stopped.
const LOST = "interval '5 minutes'"

/**
 * Puts a mail into the outbox, in the transaction of its cause: it is sent if and only if that is kept. Returns whether it was
 * caught by the test mailbox, because no server is set.
 */
export async function queueMail (trx: Db, mail: NewMail): Promise<{ caught: boolean }> {
  const [{ state }] = await trx('mails').insert({
    kind: mail.kind,
    employee_id: mail.employeeId ?? null,
    recipient: mail.to.address,
    recipient_name: mail.to.name ?? null,
    subject: mail.subject,
    body_text: mail.text,
    body_html: mail.html,
    expires_at: mail.expiresAt ?? null,
    state: trx.raw("case when exists (select from mail_settings where sends) then 'due' else 'caught' end")
  }).returning('state')
  return { caught: state === 'caught' }
}

/** Takes the mail that has been due longest, for this process alone. */
export async function takeDue (db: Db): Promise<TakenMail | undefined> {
  const { rows: [mail] } = await db.raw(`
    update mails set state = 'sending', attempts = attempts + 1, taken_at = now()
    where id = (select id from mails where state = 'due' and next_at <= now() and (expires_at is null or expires_at > now()) order by next_at, id limit 1 for update skip locked)
    returning id, recipient, recipient_name as "recipientName", subject, body_text as text, body_html as html, message_id as "messageId", attempts`)
  return mail
}

/** Writes down how a try went. What was sent is forgotten but for its subject; a failure is tried again later, until there were enough tries. */
export async function settle (db: Db, { id, attempts }: Pick<TakenMail, 'id' | 'attempts'>, fate: Fate): Promise<void> {
  const wait = fate.state === 'later' ? WAITS[attempts - 1] : undefined
  const state = fate.state === 'later' ? (wait === undefined ? 'failed' : 'due') : fate.state
  await db('mails').where({ id, state: 'sending' }).update({
    state,
    said: keepable(fate.said, 1000),
    problem: fate.state === 'sent' ? null : fate.problem,
    ...(wait !== undefined ? { next_at: db.raw("now() + ? * interval '1 minute'", [wait]) } : { settled_at: db.fn.now() }),
    ...(state === 'sent' && { body_text: null, body_html: null })
  })
}

/** Says of mails whose sender was stopped in the middle that nobody knows whether they arrived, and drops those that came too late. */
export async function settleLost (db: Db): Promise<void> {
  await db.raw(`update mails set state = 'uncertain', problem = 'stopped', settled_at = now() where state = 'sending' and taken_at < now() - ${LOST}`)
  await db.raw("update mails set state = 'expired', settled_at = now(), body_text = null, body_html = null where state = 'due' and expires_at < now()")
}

/** Moves what waits into the test mailbox: the server was taken away. */
export async function catchDue (db: Db): Promise<void> {
  // A server may have been named since the settings were read: what is due is for it, then.
  await db('mails').where({ state: 'due' }).whereNotExists(db('mail_settings').where({ id: 1, sends: true })).update({ state: 'caught', settled_at: db.fn.now() })
}

/** Forgets what is over: bodies nobody can need any more, caught mails after a month, all the others after three. */
export async function forgetOldMails (db: Db): Promise<void> {
  await db.raw("update mails set body_text = null, body_html = null where state in ('failed', 'uncertain') and expires_at < now() and body_text is not null")
  await db.raw("delete from mails where created_at < now() - case state when 'caught' then interval '30 days' else interval '90 days' end and state not in ('due', 'sending')")
}

/** A mail as the settings page lists it. */
export interface ListedMail {
  id: number
  kind: MailKind
  recipient: string
  at: Date
  state: MailState
  attempts: number
  nextAt: Date
  problem: Problem | null
  said: string | null
  /** Whether it can be tried again: it failed or may not have arrived, and its reader can still use it. */
  again: boolean
}

const LISTED = `
  select id, kind, recipient, coalesce(settled_at, created_at) as at, state, attempts, next_at as "nextAt", problem, said,
         state in ('failed', 'uncertain') and body_text is not null and (expires_at is null or expires_at > now()) as again
  from mails`

/** The newest mails that a server was or will be asked to send. */
export async function listSentMails (db: Db, limit = 20): Promise<ListedMail[]> {
  const { rows } = await db.raw(`${LISTED} where state <> 'caught' order by id desc limit ?`, [limit])
  return rows
}

/** The last mail of some kinds to an employee. */
export async function findLastMail (db: Db, employeeId: number, kinds: readonly MailKind[]): Promise<ListedMail | undefined> {
  const { rows: [mail] } = await db.raw(`${LISTED} where employee_id = ? and kind = any(?) order by id desc limit 1`, [employeeId, [...kinds]])
  return mail
}

/** Tries a mail again that failed, or that may not have arrived. Returns whether there was one that can be. */
export async function sendAgain (db: Db, id: number): Promise<boolean> {
  const rows = await db('mails').where({ id }).whereIn('state', ['failed', 'uncertain']).whereNotNull('body_text').whereRaw('(expires_at is null or expires_at > now())')
    .update({ state: 'due', attempts: 0, next_at: db.fn.now(), settled_at: null, taken_at: null })
  return rows > 0
}
