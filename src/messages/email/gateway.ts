import type { FastifyInstance } from 'fastify'
import { findCompany } from '../../installation/queries.js'
import { findMailSettings } from '../../mail/queries.js'
import { secretsOf } from '../../mail/secrets.js'
import { isEmail } from '../../web/form.js'
import { translator } from '../../web/i18n.js'
import type { SendFate } from '../fate.js'
import type { Gateway, Outgoing } from '../sending/gateway.js'
import { frame } from './letter.js'
import { languageOfReader } from './reader.js'
import { unsubscribeToken } from './unsubscribe/token.js'

type App = Pick<FastifyInstance, 'db' | 'sealer' | 'publicUrl' | 'log'>

// Connections at a time; mail servers of the smaller kind refuse more.
const LANES = 3

/** Opens the mail server for letters to clients; null while the test mailbox catches them. */
export async function openEmail (app: App): Promise<Gateway | null | 'closed'> {
  const settings = await findMailSettings(app.db)
  if (!settings.sends) return null
  const secrets = await secretsOf(app.sealer, settings)
  if (!secrets) {
    app.log.error('the password of the mail server (or the key of DKIM) was sealed with another SECRET_KEY: type it anew under Settings > E-mail')
    return 'closed'
  }
  const [{ openMailServer }, company, url] = await Promise.all([import('../../mail/outbox/server.js'), findCompany(app.db), app.publicUrl()])
  const server = openMailServer(settings, secrets, { connections: LANES })
  return {
    name: 'smtp',
    isIdempotent: false,
    lanes: LANES,
    perMinute: settings.perMinute,
    get isDown () { return server.isDown },
    async send (message): Promise<SendFate> {
      // Nothing else ever stands there; but one address is one recipient, whatever wrote it.
      if (!isEmail(message.address)) return { state: 'failed', problem: 'bad_address', said: '' }
      const unsubscribe = `${url}/unsubscribe/${await unsubscribeToken(app.sealer, message.id)}`
      const language = await languageOfReader(app.db, message.clientId, company)
      const parts = frame(message, { t: translator(language), language, company: company.name, unsubscribe: showsUnsubscribe(message) ? unsubscribe : null })
      const fate = await server.send({
        to: { name: oneLine(message.addressName), address: message.address },
        subject: oneLine(message.subject ?? ''),
        text: parts.text,
        html: parts.html ?? undefined,
        messageId: message.messageId!,
        inReplyTo: message.inReplyTo ?? undefined,
        references: message.references,
        headers: headersOf(message, unsubscribe),
        attachments: message.attachments
      })
      // RFC 5321, 4.2.3: 552, too much for who stores it.
      return fate.state === 'failed' && fate.problem === 'refused' && /^552\b/.test(fate.said) ? { ...fate, problem: 'too_big' } : fate
    },
    close: () => server.close()
  }
}

/** Whether the way out stands in the letter itself: in those that nobody wrote by hand. */
export const showsUnsubscribe = ({ cause }: Pick<Outgoing, 'cause'>): boolean => cause === 'automation' || cause === 'many'

/** How to get no more of these, for the reader's mail program (RFC 2369, RFC 8058); what was made by itself wants no answer by itself (RFC 3834). */
const headersOf = ({ cause }: Outgoing, unsubscribe: string): Record<string, string> => ({
  'List-Unsubscribe': `<${unsubscribe}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  ...(cause !== 'hand' && { 'Auto-Submitted': 'auto-generated' })
})

// eslint-disable-next-line no-control-regex
const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
