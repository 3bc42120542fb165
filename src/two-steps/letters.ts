import type { Db } from '../database/knex.js'
import { sendLetter, type Reader } from '../mail/letter.js'

/** Tells somebody that another turned their two-step sign-in off, so that they notice when they didn't ask for it. */
export async function tellTwoStepsReset (trx: Db, by: { name: string }, reader: Reader, publicUrl: string): Promise<void> {
  await sendLetter(trx, 'two_steps_reset', reader, ({ t, fmt, company }) => ({
    subject: t('mail.two_steps_reset_subject', { company }),
    paragraphs: [t('mail.two_steps_reset_text', { by: by.name, company, when: fmt.dateTime(new Date()) }), t('mail.email_not_you')],
    action: { words: t('mail.two_steps_reset_action'), href: `${publicUrl}/account/two-steps` }
  }))
}
