import type { Db } from '../database/knex.js'
import { sendLetter, type Reader } from '../mail/letter.js'

/** Tells somebody that their password is another one, so that they notice when it wasn't them. */
export async function tellPasswordChanged (trx: Db, reader: Reader, publicUrl: string): Promise<void> {
  await sendLetter(trx, 'password_changed', reader, ({ t, fmt, company }) => ({
    subject: t('mail.password_changed_subject', { company }),
    paragraphs: [t('mail.password_changed_text', { company, when: fmt.dateTime(new Date()) }), t('mail.not_you')],
    action: { words: t('mail.reset_action'), href: `${publicUrl}/sign-in/forgotten` }
  }))
}

/** Asks somebody, at a new address, whether it is theirs. */
export async function askToConfirm (trx: Db, reader: Reader, { email, token, expiresAt, publicUrl }: { email: string, token: string, expiresAt: Date, publicUrl: string }): Promise<{ caught: boolean }> {
  return sendLetter(trx, 'email_confirm', { ...reader, email }, ({ t, fmt, company }) => ({
    subject: t('mail.confirm_subject', { company }),
    paragraphs: [t('mail.confirm_text', { company, email })],
    action: { words: t('mail.confirm_action'), href: `${publicUrl}/confirm-email/${token}` },
    after: [t('mail.until', { until: fmt.dateTime(expiresAt) }), t('mail.ignore')]
  }), { expiresAt })
}

/** Tells somebody, at the address they had, that they have another one now. */
export async function tellEmailChanged (trx: Db, before: Reader, email: string): Promise<void> {
  await sendLetter(trx, 'email_changed', before, ({ t, fmt, company }) => ({
    subject: t('mail.email_changed_subject', { company }),
    paragraphs: [t('mail.email_changed_text', { company, email, when: fmt.dateTime(new Date()) }), t('mail.email_not_you')]
  }))
}
