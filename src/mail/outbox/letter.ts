import type { MailSettings } from '../queries.js'
import type { TakenMail } from './queries.js'
import type { Letter } from './server.js'

/** A mail of the outbox, as the server is given it. */
export const letterOf = (settings: MailSettings, mail: Omit<TakenMail, 'id' | 'attempts'>): Letter => ({
  to: { name: mail.recipientName ?? '', address: mail.recipient },
  subject: mail.subject,
  text: mail.text,
  html: mail.html,
  messageId: `${mail.messageId}@${settings.senderAddress!.split('@').at(-1)!}`,
  headers: { 'Auto-Submitted': 'auto-generated' } // RFC 3834: no holiday notes in return
})
