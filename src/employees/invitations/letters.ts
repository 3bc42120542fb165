import type { Db } from '../../database/knex.js'
import { sendLetter, type Reader } from '../../mail/letter.js'
import { maySendLinks } from '../../mail/queries.js'
import type { Role } from '../../roles/ranks.js'
import { DAYS } from './invite.js'

/** What became of a letter with a link: on its way, caught by the test mailbox, or not written because the mail server isn't to be trusted with it. */
export type Mailed = 'queued' | 'caught' | 'withheld'

/** Sends an employee their link: an invitation, or one for a new password. */
export async function mailInvitation (trx: Db, by: { name: string }, reader: Reader, { token, role, publicUrl, isReset }: { token: string, role: Role, publicUrl: string, isReset: boolean }): Promise<Mailed> {
  if (!await maySendLinks(trx, role)) return 'withheld'
  const expiresAt = new Date(Date.now() + DAYS * 86_400_000)
  const { caught } = await sendLetter(trx, isReset ? 'password_link' : 'invitation', reader, ({ t, fmt, company }) => ({
    subject: t(isReset ? 'mail.link_subject' : 'mail.invitation_subject', { company }),
    paragraphs: [t(isReset ? 'mail.link_text' : 'mail.invitation_text', { company, by: by.name, email: reader.email })],
    action: { words: t(isReset ? 'mail.reset_action' : 'mail.invitation_action'), href: `${publicUrl}/invitations/${token}` },
    after: [t('mail.until', { until: fmt.dateTime(expiresAt) })]
  }), { expiresAt })
  return caught ? 'caught' : 'queued'
}
