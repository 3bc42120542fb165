import type { Db } from '../../database/knex.js'
import { STAMP_KEY } from '../../installation/queries.js'
import { createPhoneType, findPhoneType } from '../../phone-types/queries.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { CHANNELS, type Phone } from '../client.js'
import { endConsents, recordConsent } from '../consents/record.js'
import type { Change, PhoneRef } from '../feed/event.js'
import { recordEvent } from '../feed/record.js'
import type { Twin } from '../contacts/rows.js'
import { maskedPhone } from '../masking.js'
import type { PhoneValues } from './form.js'
import { numberKey } from './number.js'

export interface Trace {
  /** The feed says nothing of it: "created" says it all. Consents are kept all the same. */
  quiet?: boolean
  /** How it came: form, import, ... */
  source?: string
  /** Which import, which form. */
  sourceName?: string
}

/** Adds a phone to a client; consents that are on are kept with who noted them. Returns its id. `values.number` must be there. */
export async function addPhone (trx: Db, by: Viewer, clientId: number, values: PhoneValues, { quiet = false, source = 'form', sourceName = '' }: Trace = {}): Promise<number> {
  const type = await chosenType(trx, values)
  const number = values.number!
  const [{ id }] = await trx('client_phones').insert({
    client_id: clientId, type_id: type.id, ...number, ...boxes(values),
    position: trx.raw('(select coalesce(max(position), -1) + 1 from client_phones where client_id = ?)', [clientId])
  }).returning('id')
  if (!quiet) await recordEvent(trx, by, clientId, 'phone.added', { phone: { id, display: number.display, type } })
  for (const channel of CHANNELS) {
    if (values[channel]) await recordConsent(trx, by, clientId, { phone_id: id }, { channel, given: true, address: number.display, source, sourceName, quiet })
  }
  return id
}

/**
 * Writes what differs from the phone that is there: number and type as one feed entry, each switched channel as a consent. What the client
 * agreed to was for the old number, so channels that were on are off for another. Returns whether anything changed.
 */
export async function changePhone (trx: Db, by: Viewer, clientId: number, phone: Phone, values: PhoneValues, { source = 'form', sourceName = '' }: Trace = {}): Promise<boolean> {
  const changes: Change[] = []
  const update: Record<string, unknown> = {}
  const stored = phone.masked && values.number ? await trx('client_phones').where({ id: phone.id }).first('e164', 'typed', 'display') ?? phone : phone
  const number = values.number && numberKey(values.number) !== numberKey(stored) ? values.number : undefined
  if (number) {
    Object.assign(update, number)
    changes.push({ field: 'number', old: stored.display, new: number.display })
  }
  const type = values.newType === '' && values.typeId === phone.type.id ? phone.type : await chosenType(trx, values)
  if (type.id !== phone.type.id) {
    update.type_id = type.id
    changes.push({ field: 'type', old: phone.type, new: type })
  }
  const switched = CHANNELS.filter(channel => values[channel] !== phone[channel])
  for (const channel of switched) update[channel] = values[channel]
  const ended = number ? CHANNELS.filter(channel => phone[channel] && values[channel]) : []
  for (const channel of ended) update[channel] = false
  if (Object.keys(update).length === 0) return false

  const [row] = await trx('client_phones').where({ id: phone.id, client_id: clientId }).whereNull('removed_at').update(update).returning('display')
  if (!row) throw new NotFound()
  if (changes.length > 0) await recordEvent(trx, by, clientId, 'phone.changed', { phone: { id: phone.id, display: row.display, type }, changes })
  for (const channel of switched) {
    await recordConsent(trx, by, clientId, { phone_id: phone.id }, { channel, given: values[channel], address: row.display, source, sourceName })
  }
  await endConsents(trx, by, clientId, { phone_id: phone.id }, ended, { address: stored.display, source })
  return true
}

/** Takes a phone off a client, or puts it back; its consents stay with it. Throws NotFound when there is no such phone (to put back). */
export async function setPhoneRemoved (trx: Db, by: Viewer, clientId: number, phoneId: number | null, removed: boolean): Promise<PhoneRef> {
  const [row] = phoneId === null
    ? []
    : await trx('client_phones').where({ id: phoneId, client_id: clientId })
      .modify(query => { if (removed) query.whereNull('removed_at'); else query.whereNotNull('removed_at') })
      .update({ removed_at: removed ? trx.fn.now() : null }).returning(['id', 'display', 'type_id'])
  if (!row) throw new NotFound()
  const phone = { id: row.id, display: row.display, type: await findPhoneType(trx, row.type_id) }
  await recordEvent(trx, by, clientId, removed ? 'phone.removed' : 'phone.restored', { phone })
  return phone
}

/** Another phone of the client with this number, or of what is no valid one with the same typed; those that are `leaving` don't count. */
export async function findPhoneTwin (trx: Db, clientId: number, { id, number }: PhoneValues, leaving: readonly number[] = []): Promise<Twin | undefined> {
  if (!number) return undefined
  const row = await trx('client_phones').where({ client_id: clientId, removed_at: null }).whereNotIn('id', [id ?? 0, ...leaving])
    .where(number.e164 ? { e164: number.e164 } : { e164: null, typed: number.typed }).orderBy('id').first('id', 'e164', 'typed', 'display')
  return row && { id: row.id, isSame: numberKey(row) === numberKey(number) }
}

/** A phone of the client with the same number as this one, which was taken off. */
export async function findTwinOfRemovedPhone (trx: Db, clientId: number, id: number): Promise<Twin | undefined> {
  const row = await trx('client_phones').where({ id, client_id: clientId }).whereNotNull('removed_at').first('typed', 'e164', 'display', 'digits')
  return row && findPhoneTwin(trx, clientId, { id, number: row } as PhoneValues)
}

/** A phone that was taken off a client, as it was then. */
export async function findRemovedPhone (trx: Db, viewer: Viewer, clientId: number, id: number): Promise<Phone | undefined> {
  const row = await trx('client_phones').where({ id, client_id: clientId }).whereNotNull('removed_at').first('id', 'typed', 'e164', 'display', 'type_id', ...CHANNELS, trx.raw(STAMP_KEY))
  if (!row) return undefined
  const { stamp_key: key, ...phone } = row
  return maskedPhone(viewer, { ...phone, valid: row.e164 !== null, type: await findPhoneType(trx, row.type_id), consent: null, shared: false, masked: false }, key)
}

const chosenType = (trx: Db, { newType, typeId }: PhoneValues) => newType === '' ? findPhoneType(trx, typeId) : createPhoneType(trx, newType)

const boxes = ({ whatsapp, viber, sms }: PhoneValues) => ({ whatsapp, viber, sms })
