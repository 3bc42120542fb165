import { tellPasswordChanged } from '../../account/letters.js'
import { makeLink, useLink, type Closed, type OpenLink } from '../../account/links.js'
import { endSessions } from '../../account/queries.js'
import { recordAudit } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { putPassword } from '../../employees/queries.js'
import { sendLetter } from '../../mail/letter.js'
import { maySendLinks } from '../../mail/queries.js'
import { findRole } from '../../roles/queries.js'
import { hashPassword } from '../password.js'

/** Notes that somebody asked for a new password. Whether anybody has this address is looked at later: the answer can't tell. */
export async function askForPassword (db: Db, email: string): Promise<void> {
  await db('password_requests').insert({ email })
}

/**
 * Answers the request that has waited longest, by a letter if its address is that of somebody who may sign in. Several processes
 * may do so at once. Returns whether there was one.
 */
export async function answerRequest (db: Db, publicUrl: string): Promise<boolean> {
  return db.transaction(async trx => {
    const { rows: [asked] } = await trx.raw(`
      delete from password_requests where id = (select id from password_requests order by id limit 1 for update skip locked)
      returning email, at > now() - interval '1 hour' as recent`)
    if (!asked) return false
    const person = await trx('employees').whereRaw('lower(email) = lower(?)', [asked.email]).whereNull('deactivated_at').whereNotNull('password_hash').first('id', 'name', 'email', 'language', 'role_id')
    if (!person || !asked.recent) return true
    if (!await maySendLinks(trx, await findRole(trx, person.role_id))) {
      await sendLetter(trx, 'password_reset', person, ({ t, company }) => ({ subject: t('mail.reset_subject', { company }), paragraphs: [t('mail.reset_text', { company }), t('mail.reset_withheld')] }))
      return true
    }
    const { token, expiresAt } = await makeLink(trx, person.id, 'password', person.email)
    await sendLetter(trx, 'password_reset', person, ({ t, company }) => ({
      subject: t('mail.reset_subject', { company }),
      paragraphs: [t('mail.reset_text', { company })],
      action: { words: t('mail.reset_action'), href: `${publicUrl}/sign-in/password/${token}` },
      after: [t('mail.reset_hour'), t('mail.ignore')]
    }), { expiresAt })
    return true
  })
}

/** Sets a password by a link, which is used up, ends the sessions there are and tells its owner. Returns the employee, or why the link doesn't work. */
export async function setPasswordByLink (db: Db, token: string, password: string, publicUrl: string): Promise<OpenLink | Closed> {
  const passwordHash = await hashPassword(password)
  return db.transaction(async trx => {
    const link = await useLink(trx, 'password', token)
    if (typeof link !== 'object') return link
    await putPassword(trx, link.id, passwordHash)
    await endSessions(trx, link.id)
    await recordAudit(trx, link, 'safety.password')
    await tellPasswordChanged(trx, link, publicUrl)
    return link
  })
}
