import type { Db } from '../database/knex.js'
import { hurryChannel } from '../messages/queue.js'
import { findRole, listRoles } from '../roles/queries.js'
import { covers, type Role } from '../roles/ranks.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'

export const SECURITIES = ['starttls', 'tls', 'none'] as const
export type Security = (typeof SECURITIES)[number]

/** How mail leaves. `sends` is false until a server is set: then everything is caught in the test mailbox. */
export interface MailSettings {
  sends: boolean
  host: string | null
  port: number | null
  security: Security
  username: string | null
  /** Sealed: see src/seal.ts. */
  passwordSealed: string | null
  senderName: string | null
  senderAddress: string | null
  /** Where links in mails lead: an origin, or null. */
  publicUrl: string | null
  /** Stands under each letter to a client, in the notation of src/messages/email/markup.ts. */
  signature: string
  /** How many letters to clients may leave in a minute; null: as many as the server takes. */
  perMinute: number | null
  /** How big the files of one letter may be together, in megabytes. */
  attachmentMb: number
  /** What letters are signed with (DKIM, RFC 6376): all four or none. The key is sealed; `dkimPublic` stands in the DNS. */
  dkimDomain: string | null
  dkimSelector: string | null
  dkimKeySealed: string | null
  dkimPublic: string | null
  version: number
  savedBy: number | null
}

/** Which server sends, in whose name. */
export type ServerSettings = Pick<MailSettings, 'sends' | 'host' | 'port' | 'security' | 'username' | 'passwordSealed' | 'senderName' | 'senderAddress' | 'publicUrl'>
export type LetterSettings = Pick<MailSettings, 'signature' | 'perMinute' | 'attachmentMb'>
export type DkimSettings = Pick<MailSettings, 'dkimDomain' | 'dkimSelector' | 'dkimKeySealed' | 'dkimPublic'>

const NOTHING: MailSettings = {
  sends: false, host: null, port: null, security: 'starttls', username: null, passwordSealed: null, senderName: null, senderAddress: null, publicUrl: null,
  signature: '', perMinute: null, attachmentMb: 20, dkimDomain: null, dkimSelector: null, dkimKeySealed: null, dkimPublic: null, version: 0, savedBy: null
}

/** What a sealed password is sealed for, and a sealed key. */
export const PASSWORD = 'mail password'
export const DKIM_KEY = 'mail dkim key'

/** The settings of mail; those of a new installation until somebody saves any. */
export async function findMailSettings (db: Db): Promise<MailSettings> {
  const row = await db('mail_settings').where({ id: 1 }).first({
    sends: 'sends', host: 'host', port: 'port', security: 'security', username: 'username', passwordSealed: 'password_sealed',
    senderName: 'sender_name', senderAddress: 'sender_address', publicUrl: 'public_url',
    signature: 'signature', perMinute: 'per_minute', attachmentMb: 'attachment_mb', dkimDomain: 'dkim_domain', dkimSelector: 'dkim_selector', dkimKeySealed: 'dkim_key_sealed', dkimPublic: 'dkim_public',
    version: 'version', savedBy: 'saved_by'
  })
  return row ?? NOTHING
}

/** Whether mail is sent, or caught in the test mailbox. */
export const sendsMail = async (db: Db): Promise<boolean> => (await findMailSettings(db)).sends

/**
 * Saves which server sends when the settings are still those of `version`, and lets what waits for a server be tried at once. Throws
 * Refusal when somebody saved others meanwhile.
 */
export async function saveMailSettings (trx: Db, by: { id: number }, version: number, values: ServerSettings): Promise<void> {
  await write(trx, version, {
    sends: values.sends, host: values.host, port: values.port, security: values.security, username: values.username, password_sealed: values.passwordSealed,
    sender_name: values.senderName, sender_address: values.senderAddress, public_url: values.publicUrl, saved_by: by.id
  })
  await trx('mails').where({ state: 'due' }).update({ next_at: trx.fn.now() })
  await hurryChannel(trx, 'email')
}

/** Saves what holds for letters to clients. Who named the server stays: see maySendLinks. Throws Refusal as saveMailSettings does. */
export const saveLetterSettings = (trx: Db, version: number, { signature, perMinute, attachmentMb }: LetterSettings): Promise<void> =>
  write(trx, version, { signature, per_minute: perMinute, attachment_mb: attachmentMb })

/** Saves what letters are signed with. Throws Refusal as saveMailSettings does. */
export const saveDkimSettings = (trx: Db, version: number, { dkimDomain, dkimSelector, dkimKeySealed, dkimPublic }: DkimSettings): Promise<void> =>
  write(trx, version, { dkim_domain: dkimDomain, dkim_selector: dkimSelector, dkim_key_sealed: dkimKeySealed, dkim_public: dkimPublic })

async function write (trx: Db, version: number, values: object): Promise<void> {
  const row = { ...values, version: version + 1, saved_at: trx.fn.now() }
  const saved = version === 0
    ? await trx('mail_settings').insert({ id: 1, ...row }).onConflict('id').ignore().returning('id')
    : await trx('mail_settings').where({ id: 1, version }).update(row).returning('id')
  if (saved.length === 0) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
}

/**
 * Whether a link that lets somebody with this role in may be sent by e-mail: whoever names the server can read what goes
 * through it, so it has to be somebody whose rights cover theirs.
 */
export async function maySendLinks (db: Db, role: Role): Promise<boolean> {
  const { sends, savedBy } = await findMailSettings(db)
  if (!sends) return true // the test mailbox shows each mail to those who may see it
  if (savedBy === null) return false
  const saver = await db('employees').where({ id: savedBy }).first('role_id')
  const { key, rights } = await findRole(db, saver.role_id)
  return covers({ roleKey: key, can: right => key === 'owner' || rights.includes(right) }, role)
}

/** Whether links for everybody may go through a server that this person names. */
export const coversEverybody = async (db: Db, viewer: Viewer): Promise<boolean> => (await listRoles(db)).every(role => covers(viewer, role))
