import type { Db } from '../../database/knex.js'
import type { Body } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import type { Client, ContactKind } from '../client.js'
import { wasWithdrawn } from '../consents/record.js'
import type { RowValues } from './form.js'
import { writeRow, type Contact, type Rows } from './rows.js'

/** A row of a form was refused because the client has this number or address in another row; `isListed` when the form shows that one too. */
export class HasAlready extends Error {
  constructor (readonly kind: ContactKind, readonly values: RowValues, readonly isListed: boolean) { super(`the client has this ${kind} already`) }
}

/** A row that is to be written, and what there is of it; `gone` when that was taken off and comes back. */
export interface Planned<C, V> { values: V, contact: C | undefined, gone: boolean }

/**
 * Writes rows of one form, so that none brings a number or address that the client has: a new one that another window added meanwhile, the
 * same in all, is that one, with what was ticked here; else throws HasAlready. `client` has to be locked, so that of two at once the
 * second sees what the first wrote; `sent` are all rows of the form.
 */
export async function writeRows<C extends Contact, V extends RowValues> (rows: Rows<C, V>, trx: Db, by: Viewer, client: Client, planned: readonly Planned<C, V>[], sent: readonly V[]): Promise<void> {
  // What goes, or becomes another, is in nobody's way, whichever is written first.
  const leaving = planned.flatMap(({ values, contact, gone }) => contact && !gone && (values.remove || rows.isAnother(contact, values)) ? [contact.id] : [])
  for (const { values, contact, gone } of planned) {
    const twin = await findTwin(rows, trx, client.id, { values, contact, gone }, leaving)
    if (!twin) {
      if (gone) await rows.setRemoved(trx, by, client.id, values.id, false)
      await writeRow(rows, trx, by, client.id, values, contact)
      continue
    }
    const has = rows.of(client).find(({ id }) => id === twin.id)
    const row = sent.find(({ id }) => id === twin.id)
    const joined = has && !row && !contact && twin.isSame ? rows.joined(has, values) : undefined
    // What the client has taken back since isn't given again by an old form.
    if (!joined || await wasWithdrawn(trx, rows.kind, twin.id, joined.given)) throw new HasAlready(rows.kind, values, !has || row?.was === rows.print(has))
    await rows.change(trx, by, client.id, has!, joined.values)
  }
}

async function findTwin<C extends Contact, V extends RowValues> (rows: Rows<C, V>, trx: Db, clientId: number, { values, contact, gone }: Planned<C, V>, leaving: readonly number[]) {
  if (values.remove) return undefined
  // Seen masked, it comes back with the number that it had.
  if (contact && gone && rows.wordsOf(values) === undefined) return rows.findTwinOfRemoved(trx, clientId, contact.id)
  return !contact || gone || rows.isAnother(contact, values) ? rows.findTwin(trx, clientId, values, leaving) : undefined
}

/** Whether the form around a row that saves itself shows this other one as it is now. One that was sent without its form is taken to. */
export function isListed (rows: Rows, body: Body, contact: Contact): boolean {
  if (body.row === undefined) return true
  return Object.entries(body).some(([name, value]) => {
    const [, row] = /^([a-z]+\.\d{1,4})\.id$/.exec(name) ?? []
    return row?.startsWith(`${rows.kind}s.`) && value === String(contact.id) && body[`${row}.was`] === rows.print(contact)
  })
}
