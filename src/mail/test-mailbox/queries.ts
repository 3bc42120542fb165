import { changesBetween, recordAudit, type Actor } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { listRoles } from '../../roles/queries.js'
import { covers } from '../../roles/ranks.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { MailKind } from '../outbox/queries.js'

/** A mail in the test mailbox. `isHidden`: it is for somebody with rights that the viewer hasn't, and may let its reader in. */
export interface CaughtMail { id: number, kind: MailKind, recipient: string, recipientName: string | null, subject: string, at: Date, isHidden: boolean }
export interface OpenedMail extends CaughtMail { text: string, html: string }

const COLUMNS = { id: 'm.id', kind: 'kind', recipient: 'recipient', recipientName: 'recipient_name', subject: 'subject', at: 'm.created_at', employeeId: 'm.employee_id', roleId: 'e.role_id' }

/** What was caught, newest first, at most `limit` from before the mail `before`. */
export async function listCaught (db: Db, viewer: Viewer, { before, limit = 50 }: { before: number | null, limit?: number }): Promise<{ mails: CaughtMail[], next: number | null }> {
  const rows = await caught(db).modify(query => { if (before !== null) query.where('m.id', '<', before) }).orderBy('m.id', 'desc').limit(limit + 1).select(COLUMNS)
  const isHidden = await hiding(db, viewer)
  const mails = rows.slice(0, limit).map((row: CaughtMail & { employeeId: number | null, roleId: number | null }) => ({ ...row, isHidden: isHidden(row) }))
  return { mails, next: rows.length > limit ? mails.at(-1)!.id : null }
}

/** One mail as its reader would see it; of a hidden one nothing but that it is there. Throws NotFound. */
export async function findCaught (db: Db, viewer: Viewer, id: number): Promise<OpenedMail> {
  const row = await caught(db).where('m.id', id).first({ ...COLUMNS, text: 'body_text', html: 'body_html' })
  if (!row) throw new NotFound()
  const isHidden = (await hiding(db, viewer))(row)
  return { ...row, isHidden, ...(isHidden && { text: '', html: '' }) }
}

/** Empties the test mailbox. Returns how many mails were in it. */
export async function emptyTestMailbox (db: Db, by: Actor): Promise<number> {
  return db.transaction(async trx => {
    const mails = await trx('mails').where({ state: 'caught' }).delete()
    if (mails > 0) await recordAudit(trx, by, 'settings.mailbox_emptied', { changes: changesBetween({ mails }, { mails: 0 }) })
    return mails
  })
}

const caught = (db: Db) => db('mails as m').leftJoin('employees as e', 'e.id', 'm.employee_id').where('m.state', 'caught')

// A link in a mail is as good as its reader's password: who may not give that role may not read it. Tests are nobody's secret.
async function hiding (db: Db, viewer: Viewer) {
  const roles = new Map((await listRoles(db)).map(role => [role.id, role]))
  return ({ kind, employeeId, roleId }: { kind: MailKind, employeeId: number | null, roleId: number | null }) =>
    kind !== 'test' && employeeId !== null && employeeId !== viewer.id && !covers(viewer, roles.get(roleId!)!)
}
