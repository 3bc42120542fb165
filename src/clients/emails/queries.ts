import type { Db } from '../../database/knex.js'
import { STAMP_KEY } from '../../installation/queries.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { Email } from '../client.js'
import { endConsents, recordConsent } from '../consents/record.js'
import { recordEvent } from '../feed/record.js'
import type { Twin } from '../contacts/rows.js'
import { maskedEmail } from '../masking.js'
import type { Trace } from '../phones/queries.js'
import type { EmailValues } from './form.js'

/** Adds an e-mail to a client; a consent that is on is kept. Returns its id. `values.address` must be there. */
export async function addEmail (trx: Db, by: Viewer, clientId: number, values: EmailValues, { quiet = false, source = 'form', sourceName = '' }: Trace = {}): Promise<number> {
  const address = values.address!
  const [{ id }] = await trx('client_emails').insert({
    client_id: clientId, address, agrees: values.agrees,
    position: trx.raw('(select coalesce(max(position), -1) + 1 from client_emails where client_id = ?)', [clientId])
  }).returning('id')
  if (!quiet) await recordEvent(trx, by, clientId, 'email.added', { email: { id, address } })
  if (values.agrees) await recordConsent(trx, by, clientId, { email_id: id }, { channel: 'email', given: true, address, source, sourceName, quiet })
  return id
}

/** Writes what differs from the e-mail that is there. Returns whether anything changed. */
export async function changeEmail (trx: Db, by: Viewer, clientId: number, email: Email, values: EmailValues, { source = 'form', sourceName = '' }: Trace = {}): Promise<boolean> {
  const stored: string = email.masked && values.address !== undefined ? (await trx('client_emails').where({ id: email.id }).first('address'))?.address : email.address
  const address = values.address === stored ? undefined : values.address
  const switched = values.agrees !== email.agrees
  // They agreed to e-mails to the old address, not to this one.
  const ended = address !== undefined && email.agrees && values.agrees
  if (address === undefined && !switched) return false

  const [row] = await trx('client_emails').where({ id: email.id, client_id: clientId }).whereNull('removed_at')
    .update({ ...(address !== undefined && { address }), agrees: values.agrees && !ended }).returning('address')
  if (!row) throw new NotFound()
  if (address !== undefined) await recordEvent(trx, by, clientId, 'email.changed', { email: { id: email.id, address }, changes: [{ field: 'address', old: stored, new: address }] })
  if (switched) await recordConsent(trx, by, clientId, { email_id: email.id }, { channel: 'email', given: values.agrees, address: row.address, source, sourceName })
  if (ended) await endConsents(trx, by, clientId, { email_id: email.id }, ['email'], { address: stored, source })
  return true
}

/** Takes an e-mail off a client, or puts it back. Throws NotFound when there is no such e-mail (to put back). */
export async function setEmailRemoved (trx: Db, by: Viewer, clientId: number, emailId: number | null, removed: boolean): Promise<void> {
  const [row] = emailId === null
    ? []
    : await trx('client_emails').where({ id: emailId, client_id: clientId })
      .modify(query => { if (removed) query.whereNull('removed_at'); else query.whereNotNull('removed_at') })
      .update({ removed_at: removed ? trx.fn.now() : null }).returning(['id', 'address'])
  if (!row) throw new NotFound()
  await recordEvent(trx, by, clientId, removed ? 'email.removed' : 'email.restored', { email: { id: row.id, address: row.address } })
}

/** Another e-mail of the client with this address; those that are `leaving` don't count. */
export async function findEmailTwin (trx: Db, clientId: number, { id, address }: Pick<EmailValues, 'id' | 'address'>, leaving: readonly number[] = []): Promise<Twin | undefined> {
  if (address === undefined) return undefined
  const row = await trx('client_emails').where({ client_id: clientId, address_key: address.toLowerCase(), removed_at: null }).whereNotIn('id', [id ?? 0, ...leaving]).orderBy('id').first('id')
  return row && { id: row.id, isSame: true }
}

/** An e-mail of the client with the same address as this one, which was taken off. */
export async function findTwinOfRemovedEmail (trx: Db, clientId: number, id: number): Promise<Twin | undefined> {
  const row = await trx('client_emails').where({ id, client_id: clientId }).whereNotNull('removed_at').first('address')
  return row && findEmailTwin(trx, clientId, { id, address: row.address })
}

/** An e-mail that was taken off a client, as it was then. */
export async function findRemovedEmail (trx: Db, viewer: Viewer, clientId: number, id: number): Promise<Email | undefined> {
  const row = await trx('client_emails').where({ id, client_id: clientId }).whereNotNull('removed_at').first('id', 'address', 'agrees', trx.raw(STAMP_KEY))
  if (!row) return undefined
  const { stamp_key: key, ...email } = row
  return maskedEmail(viewer, { ...email, consent: null, shared: false, masked: false }, key)
}

/**
 * Withdraws the consent to e-mails to an address, whoever's it is, as its reader asked: of each client that has it, and for an address
 * that is no client's. What is withdrawn already stays as it is.
 */
export async function withdrawEmail (trx: Db, address: string, { source }: { source: string }): Promise<void> {
  const owners = await trx('client_emails').where({ address_key: address.toLowerCase(), agrees: true }).orderBy('client_id').distinct('client_id')
  // As whoever changes a client does: the client first.
  for (const { client_id: id } of owners) await trx('clients').where({ id }).forUpdate().first('id')
  const rows = await trx('client_emails').where({ address_key: address.toLowerCase(), agrees: true }).orderBy(['client_id', 'id']).forUpdate().select('id', 'client_id', 'address')
  for (const row of rows) {
    await trx('client_emails').where({ id: row.id }).update({ agrees: false })
    await recordConsent(trx, { id: null }, row.client_id, { email_id: row.id }, { channel: 'email', given: false, address: row.address, source, how: 'online' })
  }
  await trx('email_stops').insert({ address_hash: trx.raw('email_hash(?)', [address]) }).onConflict('address_hash').ignore()
}
