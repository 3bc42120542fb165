import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { changesBetween, recordChanges } from '../audit/record.js'
import { findCompany } from '../installation/queries.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import type { MailValues } from './form.js'
import { sendLetter, writeLetter, type Pen, type Reader, type Words } from './letter.js'
import type { Fate } from './outbox/queries.js'
import { findMailSettings, PASSWORD, saveMailSettings, type MailSettings } from './queries.js'

type Parts = Pick<FastifyInstance, 'db' | 'sealer'>

/**
 * Saves how mail leaves. An empty password keeps the one there is, but only for the server and user it was typed for: else
 * whoever may change the server could have the password sent to one of theirs. Throws Refusal.
 */
export async function changeMailSettings ({ db, sealer }: Parts, by: Viewer, values: MailValues): Promise<void> {
  await db.transaction(async trx => {
    const before = await findMailSettings(trx)
    const { username, password } = values
    const isSame = before.host === values.host && before.port === values.port && before.username === username && before.security === values.security
    if (username && !password && before.passwordSealed !== null && !isSame) throw new Refusal({ password: { key: 'mail.password_again' } })
    const passwordSealed = !username ? null : password ? await sealer.seal(password, PASSWORD) : before.passwordSealed
    const after = {
      sends: values.sends, host: values.host || null, port: values.port, security: values.security, username: username || null, passwordSealed,
      senderName: values.sender_name || null, senderAddress: values.sender_address || null, publicUrl: values.public_url || null
    }
    await saveMailSettings(trx, by, values.version, after)
    await recordChanges(trx, by, 'settings.mail', { changes: changesBetween(audited(before), audited(after)) })
  })
}

/** Sends a test by the server that is set and gives what it said, word for word; without one the test mailbox catches it. */
export async function sendTest ({ db, sealer }: Parts, reader: Reader): Promise<Fate | 'caught'> {
  const settings = await findMailSettings(db)
  if (!settings.sends) {
    await sendLetter(db, 'test', reader, testLetter)
    return 'caught'
  }
  const password = await passwordOf(sealer, settings)
  if (password === undefined) return { state: 'failed', problem: 'sealed', said: '' }
  const { openMailServer } = await import('./outbox/server.js')
  const server = openMailServer(settings, password)
  try {
    const letter = writeLetter(await findCompany(db), reader, testLetter)
    return await server.send({ ...letter, recipient: reader.email, recipientName: reader.name, messageId: randomUUID() })
  } finally {
    server.close()
  }
}

/** The password of the server: null when it needs none, undefined when it was sealed with another key. */
export async function passwordOf (sealer: Parts['sealer'], { passwordSealed }: MailSettings): Promise<string | null | undefined> {
  return passwordSealed === null ? null : await sealer.open(passwordSealed, PASSWORD) ?? undefined
}

const testLetter = ({ t, company }: Pen): Words => ({ subject: t('mail.test_subject', { company }), paragraphs: [t('mail.test_text_body')] })

// The sealed password is told by nothing but that there is another one.
const audited = (settings: Omit<MailSettings, 'version' | 'savedBy'>) => ({
  mail_sends: settings.sends,
  mail_server: settings.host && `${settings.host}:${settings.port} (${settings.security})`,
  mail_username: settings.username,
  mail_password: settings.passwordSealed,
  mail_sender: settings.senderAddress && `${settings.senderName ?? ''} <${settings.senderAddress}>`.trim(),
  public_url: settings.publicUrl
})
