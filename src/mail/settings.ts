import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { changesBetween, recordChanges } from '../audit/record.js'
import { findCompany } from '../installation/queries.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import { keyFrom, makeKey } from './dkim.js'
import type { DkimValues, LetterValues, MailValues } from './form.js'
import { sendLetter, writeLetter, type Pen, type Reader, type Words } from './letter.js'
import { letterOf } from './outbox/letter.js'
import type { Fate } from './outbox/queries.js'
import { DKIM_KEY, findMailSettings, PASSWORD, saveDkimSettings, saveLetterSettings, saveMailSettings, type DkimSettings, type LetterSettings, type ServerSettings } from './queries.js'
import { secretsOf } from './secrets.js'

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

/** Saves what stands under letters to clients, how many may leave and how big they may be. Throws Refusal. */
export async function changeLetterSettings ({ db }: Pick<Parts, 'db'>, by: Viewer, { version, ...values }: LetterValues): Promise<void> {
  await db.transaction(async trx => {
    const before = await findMailSettings(trx)
    await saveLetterSettings(trx, version, values)
    await recordChanges(trx, by, 'settings.mail', { changes: changesBetween(auditedLetters(before), auditedLetters(values)) })
  })
}

/** Sets the key that signs letters, makes one, or takes it away (null). Throws Refusal. */
export async function changeDkim ({ db, sealer }: Parts, by: Viewer, version: number, values: DkimValues | null): Promise<void> {
  const key = values?.key === 'make' ? await makeKey() : values?.key === 'paste' ? keyFrom(values.pem)! : null
  const sealed = key && await sealer.seal(key.pem, DKIM_KEY)
  await db.transaction(async trx => {
    const before = await findMailSettings(trx)
    if (values?.key === 'keep' && before.dkimKeySealed === null) throw new Refusal({ key: { key: 'form.choose' } })
    const after = values
      ? { dkimDomain: values.domain, dkimSelector: values.selector, dkimKeySealed: sealed ?? before.dkimKeySealed, dkimPublic: key?.public ?? before.dkimPublic }
      : { dkimDomain: null, dkimSelector: null, dkimKeySealed: null, dkimPublic: null }
    await saveDkimSettings(trx, version, after)
    await recordChanges(trx, by, 'settings.mail', { changes: changesBetween(auditedDkim(before), auditedDkim(after)) })
  })
}

/** Sends a test by the server that is set and gives what it said, word for word; without one the test mailbox catches it. */
export async function sendTest ({ db, sealer }: Parts, reader: Reader): Promise<Fate | 'caught'> {
  const settings = await findMailSettings(db)
  if (!settings.sends) {
    await sendLetter(db, 'test', reader, testLetter)
    return 'caught'
  }
  const secrets = await secretsOf(sealer, settings)
  if (!secrets) return { state: 'failed', problem: 'sealed', said: '' }
  const { openMailServer } = await import('./outbox/server.js')
  const server = openMailServer(settings, secrets)
  try {
    const letter = writeLetter(await findCompany(db), reader, testLetter)
    return await server.send(letterOf(settings, { ...letter, recipient: reader.email, recipientName: reader.name, messageId: randomUUID() })) as Fate
  } finally {
    server.close()
  }
}

const testLetter = ({ t, company }: Pen): Words => ({ subject: t('mail.test_subject', { company }), paragraphs: [t('mail.test_text_body')] })

// The sealed password is told by nothing but that there is another one.
const audited = (settings: ServerSettings) => ({
  mail_sends: settings.sends,
  mail_server: settings.host && `${settings.host}:${settings.port} (${settings.security})`,
  mail_username: settings.username,
  mail_password: settings.passwordSealed,
  mail_sender: settings.senderAddress && `${settings.senderName ?? ''} <${settings.senderAddress}>`.trim(),
  public_url: settings.publicUrl
})

const auditedLetters = ({ signature, perMinute, attachmentMb }: LetterSettings) => ({ mail_signature: signature, mail_per_minute: perMinute, mail_attachments: attachmentMb })

const auditedDkim = ({ dkimDomain, dkimSelector, dkimKeySealed }: DkimSettings) => ({ mail_dkim: dkimDomain && `${dkimSelector}._domainkey.${dkimDomain}`, mail_dkim_key: dkimKeySealed })
