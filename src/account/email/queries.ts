import { changesBetween, recordAudit } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { changeOwnEmail, isEmailTaken } from '../../employees/queries.js'
import type { Reader } from '../../mail/letter.js'
import { Refusal } from '../../web/refusal.js'
import { askToConfirm, tellEmailChanged } from '../letters.js'
import { makeLink, useLink, voidLinks, type Closed, type OpenLink } from '../links.js'

const TAKEN = { new_email: { key: 'employees.email_taken' } }

/** Sends a link to the address that an employee wants to have; until it is used they keep theirs. Throws Refusal when it is theirs already, or another's. */
export async function askForEmail (db: Db, by: Reader, email: string, publicUrl: string): Promise<{ caught: boolean }> {
  return db.transaction(async trx => {
    if (email.toLowerCase() === by.email.toLowerCase()) throw new Refusal({ new_email: { key: 'account.email_same' } })
    if (await isEmailTaken(trx, email)) throw new Refusal(TAKEN)
    await voidLinks(trx, by.id, 'email')
    return askToConfirm(trx, by, { email, publicUrl, ...await makeLink(trx, by.id, 'email', email) })
  })
}

/** Gives an employee the address that their link confirms, and tells the one they had. Returns the employee as before, or why the link doesn't work. Throws Refusal when another has the address by now. */
export async function confirmEmail (db: Db, token: string): Promise<OpenLink | Closed> {
  return db.transaction(async trx => {
    const link = await useLink(trx, 'email', token)
    if (typeof link !== 'object') return link
    await changeOwnEmail(trx, link.id, link.sentTo)
    await recordAudit(trx, link, 'safety.email', { changes: changesBetween({ email: link.email }, { email: link.sentTo }) })
    await tellEmailChanged(trx, link, link.sentTo)
    return link
  })
}
