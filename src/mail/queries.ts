import type { Db } from '../database/knex.js'
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
  version: number
  savedBy: number | null
}

const NOTHING: MailSettings = { sends: false, host: null, port: null, security: 'starttls', username: null, passwordSealed: null, senderName: null, senderAddress: null, publicUrl: null, version: 0, savedBy: null }

/** What a sealed password is sealed for. */
export const PASSWORD = 'mail password'

/** The settings of mail; those of a new installation until somebody saves any. */
export async function findMailSettings (db: Db): Promise<MailSettings> {
  const row = await db('mail_settings').where({ id: 1 }).first({
    sends: 'sends', host: 'host', port: 'port', security: 'security', username: 'username', passwordSealed: 'password_sealed',
    senderName: 'sender_name', senderAddress: 'sender_address', publicUrl: 'public_url', version: 'version', savedBy: 'saved_by'
  })
  return row ?? NOTHING
}

/** Whether mail is sent, or caught in the test mailbox. */
export const sendsMail = async (db: Db): Promise<boolean> => (await findMailSettings(db)).sends

/**
 * Saves the settings of mail when they are still those of `version`, and lets what waits for a server be tried at once. Throws
 * Refusal when somebody saved others meanwhile.
 */
export async function saveMailSettings (trx: Db, by: { id: number }, version: number, values: Omit<MailSettings, 'version' | 'savedBy'>): Promise<void> {
  const row = {
    sends: values.sends, host: values.host, port: values.port, security: values.security, username: values.username, password_sealed: values.passwordSealed,
    sender_name: values.senderName, sender_address: values.senderAddress, public_url: values.publicUrl, version: version + 1, saved_by: by.id, saved_at: trx.fn.now()
  }
  const saved = version === 0
    ? await trx('mail_settings').insert({ id: 1, ...row }).onConflict('id').ignore().returning('id')
    : await trx('mail_settings').where({ id: 1, version }).update(row).returning('id')
  if (saved.length === 0) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  await trx('mails').where({ state: 'due' }).update({ next_at: trx.fn.now() })
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
