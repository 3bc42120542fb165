import type { Db } from '../database/knex.js'
import type { Reader } from '../mail/letter.js'
import { newToken, tokenHash } from '../web/token.js'

/** What a link lets its reader do: set a new password, or confirm a new e-mail. */
export type LinkKind = 'password' | 'email'

/** An employee as they stand, and the address to which the link was sent. */
export interface OpenLink extends Reader { sentTo: string }

/** Why a link opens nothing: `unknown` was never made, replaced long ago, or belongs to somebody who was deactivated. */
export type Closed = 'used' | 'expired' | 'unknown'

const HOURS: Record<LinkKind, number> = { password: 1, email: 24 }

/** Makes a link's token, of which only a hash is kept. Those made before stay good until one is used. */
export async function makeLink (trx: Db, employeeId: number, kind: LinkKind, sentTo: string): Promise<{ token: string, expiresAt: Date }> {
  const token = newToken()
  const [{ expires_at: expiresAt }] = await trx('account_links')
    .insert({ token_hash: tokenHash(token), employee_id: employeeId, kind, email: sentTo, expires_at: trx.raw("now() + ? * interval '1 hour'", [HOURS[kind]]) })
    .returning('expires_at')
  return { token, expiresAt }
}

/** Whom a link is for, or why it opens nothing. A link for a password is good at the address only to which it was sent. */
export async function openLink (db: Db, kind: LinkKind, token: string, { lock = false } = {}): Promise<OpenLink | Closed> {
  const query = db('account_links as l').join('employees as e', 'e.id', 'l.employee_id').where({ 'l.token_hash': tokenHash(token), 'l.kind': kind }).whereNull('e.deactivated_at')
  if (lock) query.forUpdate()
  const row = await query.first({ id: 'e.id', name: 'e.name', email: 'e.email', language: 'e.language', sentTo: 'l.email', used: 'l.used_at', expired: db.raw('l.expires_at <= now()') })
  if (!row) return 'unknown'
  const { used, expired, ...link } = row
  if (used || (kind === 'password' && link.email.toLowerCase() !== link.sentTo.toLowerCase())) return 'used'
  return expired ? 'expired' : link
}

/** Uses a link up, and with it every other of the employee. Of two who use it at once the second finds it used. */
export async function useLink (trx: Db, kind: LinkKind, token: string): Promise<OpenLink | Closed> {
  const link = await openLink(trx, kind, token, { lock: true })
  if (typeof link === 'object') await voidLinks(trx, link.id)
  return link
}

/** Makes every link of an employee worth nothing: their password or e-mail is another one now. */
export async function voidLinks (trx: Db, employeeId: number, kind?: LinkKind): Promise<void> {
  await trx('account_links').where({ employee_id: employeeId, ...(kind && { kind }) }).whereNull('used_at').update({ used_at: trx.fn.now() })
}

/** The address that an employee was asked to confirm last, if they still can. */
export async function findUnconfirmed (db: Db, employeeId: number): Promise<{ email: string, until: Date } | undefined> {
  return db('account_links').where({ employee_id: employeeId, kind: 'email' }).whereNull('used_at').whereRaw('expires_at > now()').orderBy('created_at', 'desc').first({ email: 'email', until: 'expires_at' })
}

/** Forgets links a week after they ran out: until then they can say why they don't work. */
export async function forgetOldLinks (db: Db): Promise<void> {
  await db('account_links').whereRaw("expires_at < now() - interval '7 days'").delete()
}
