import { emptyFields, readClientForm } from '../../clients/form.js'
import { addEmail, findEmailTwin } from '../../clients/emails/queries.js'
import { matching } from '../../clients/list/search.js'
import { maskEmail, maskPhone, seesContacts } from '../../clients/masking.js'
import { readNumber } from '../../clients/phones/number.js'
import { addPhone } from '../../clients/phones/queries.js'
import { createClient, lockClient } from '../../clients/queries.js'
import type { ClientFields } from '../../clients/client.js'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { shapeOf } from '../../form-editor/shape.js'
import { setClientOf } from '../../leads/client/queries.js'
import { createLead } from '../../leads/creating.js'
import { listTypes as listLeadTypes } from '../../leads/types.js'
import { seesLeads } from '../../leads/visibility.js'
import { listTypes as listPhoneTypes } from '../../phone-types/queries.js'
import { moveTalkNotices } from '../../notifications/talks.js'
import { NotFound } from '../../web/errors.js'
import type { Body } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'

/** A client whom a stranger may turn out to be. */
export interface Candidate { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string, phone: string | null, email: string | null }

/** A stranger's conversation, as it is linked. */
export interface Stranger { id: number, channel: string, address: string, stranger: string, lead_id: number | null }

const MOST = 20

/** Clients to choose from: those a search finds, else those who have this number or address, or whose the stranger's lead is (put away, or of several the others). */
export async function listCandidates (db: Db, viewer: Viewer, { channel, address, lead_id: lead }: Stranger, q: string): Promise<Candidate[]> {
  const known = channel === 'email' ? db('client_emails').where({ address_key: address }).select('client_id') : db('client_phones').where({ e164: address }).select('client_id')
  const rows: Candidate[] = await db('clients').modify(visibleTo(viewer)).modify(query => { if (q) query.modify(matching(viewer, q)); else query.where(some => { some.whereIn('clients.id', known).orWhereIn('clients.id', db('leads').where({ id: lead ?? 0 }).whereNotNull('client_id').select('client_id')) }) })
    .orderByRaw('archived_at is not null, name, clients.id').limit(MOST).select('clients.id', 'name', 'is_supplier', 'is_conflicted', 'conflict_reason', {
      phone: db.raw('(select display from client_phones p where p.client_id = clients.id and p.removed_at is null order by position, id limit 1)'),
      email: db.raw('(select address from client_emails a where a.client_id = clients.id and a.removed_at is null order by position, id limit 1)')
    })
  return seesContacts(viewer) ? rows : rows.map(row => ({ ...row, phone: row.phone && maskPhone(row.phone), email: row.email && maskEmail(row.email) }))
}

/** A stranger's conversation, held until the end of the transaction. Throws NotFound for one that isn't there, or is a client's by now. */
export async function lockStranger (trx: Db, id: number): Promise<Stranger> {
  const row = await trx('conversations').where({ id }).whereNull('client_id').forUpdate().first('id', 'channel', 'address', 'stranger', 'lead_id')
  if (!row) throw new NotFound()
  return row
}

/**
 * Makes a stranger's conversation a client's: what was written moves there, each with its entry in the client's feed, and the client is given the
 * number or address where they haven't it yet (`keep`), so that the next words find them. The lead that was made of the stranger is the client's too. Throws ContactTaken by way of refusingTaken.
 */
export async function linkStranger (trx: Db, by: Viewer, stranger: Stranger, clientId: number, keep: boolean): Promise<void> {
  const client = await lockClient(trx, by, clientId)
  if (keep) await giveAddress(trx, by, stranger, client.id)
  await trx.raw(`
    with moved as (
      insert into events (client_id, kind, employee_id, at, details)
      select :client, 'message.' || direction, employee_id, created_at, jsonb_build_object('message', id, 'channel', channel) from messages where conversation_id = :talk order by id
      returning id, details
    )
    update messages m set client_id = :client, event_id = e.id, phone_id = :phone, email_id = :email from moved e where m.id = (e.details->>'message')::bigint`,
  { client: client.id, talk: stranger.id, ...await contactOf(trx, stranger, client.id) })
  const { id: theirs } = await trx('conversations').where({ client_id: client.id }).first('id') ?? stranger
  await moveTalkNotices(trx, stranger.id, theirs)
  // It goes through its new client's card from now on.
  await trx('conversations').where({ id: stranger.id }).whereNotExists(trx('messages').where({ conversation_id: stranger.id })).delete()
  const lead = stranger.lead_id === null ? undefined : await trx('leads').where({ id: stranger.lead_id, client_id: null }).forUpdate().first('id', 'client_id')
  if (lead) await setClientOf(trx, by, lead, client.id)
}

/** Makes the conversation of whoever a lead was made of their client's. */
export async function linkTalksOf (trx: Db, by: Viewer, leadId: number, clientId: number): Promise<void> {
  for (const id of await trx('conversations').where({ lead_id: leadId, client_id: null }).orderBy('id').pluck('id')) await linkStranger(trx, by, await lockStranger(trx, id), clientId, false)
}

async function contactOf (trx: Db, { channel, address }: Stranger, clientId: number): Promise<{ phone: number | null, email: number | null }> {
  const of = { client_id: clientId, removed_at: null }
  const [phone, email] = channel === 'email'
    ? [undefined, await trx('client_emails').where({ ...of, address_key: address }).first('id')]
    : [await trx('client_phones').where({ ...of, e164: address }).first('id'), undefined]
  return { phone: phone?.id ?? null, email: email?.id ?? null }
}

async function giveAddress (trx: Db, by: Viewer, { channel, address }: Stranger, clientId: number): Promise<void> {
  if (channel === 'email') {
    const values = { id: null, address, agrees: false, remove: false, was: '' }
    if (!await findEmailTwin(trx, clientId, values)) await addEmail(trx, by, clientId, values, { source: 'message' })
    return
  }
  const has = await trx('client_phones').where({ client_id: clientId, e164: address, removed_at: null }).first('id')
  if (!has) await addPhone(trx, by, clientId, await phoneOf(trx, by, address), { source: 'message' })
}

async function phoneOf (trx: Db, { organisation }: Viewer, address: string) {
  const [type] = await listPhoneTypes(trx)
  return { id: null, number: readNumber(address, organisation.country), typeId: type!.id, newType: '', whatsapp: false, viber: false, sms: false, remove: false, was: '' }
}

/** Makes a client of a stranger, with their number or address. Null when the form of clients asks for more than is known. */
export async function makeClient (trx: Db, by: Viewer, { channel, address }: Stranger, name: string): Promise<number | null> {
  const [first = '', ...surname] = name.split(/\s+/)
  const body: Body = { kind: 'person', first_name: first, surname: surname.join(' '), ...(channel === 'email' ? { email_rows: '0', 'emails.0.address': address } : { phone_rows: '0', 'phones.0.number': address, 'phones.0.type': String((await listPhoneTypes(trx))[0]!.id) }) }
  const form = readClientForm(body, by, { shape: await shapeOf(trx, 'client'), client: null })
  if (Object.keys(form.errors).length > 0) return null
  return createClient(trx, by, { ...emptyFields(by), ...form.fields as ClientFields, phones: form.phones, emails: form.emails, tags: form.tags, own: form.own }, 'message')
}

/** Makes a lead of a stranger, with their number, and what they wrote last as its comment. */
export async function makeLead (trx: Db, by: Viewer, { id, channel, address, stranger }: Stranger): Promise<number> {
  const [type] = await listLeadTypes(trx)
  const last = await trx('messages').where({ conversation_id: id, direction: 'in' }).orderBy('id', 'desc').first('subject', 'body_text as text')
  const comment = [channel === 'email' ? address : '', last?.subject ?? '', last?.text ?? ''].filter(Boolean).join('\n').slice(0, 10_000)
  const { id: lead } = await createLead(trx, by, {
    type_id: type!.id, contact_name: stranger.slice(0, 200), phones: channel === 'email' ? [] : [{ id: null, number: readNumber(address, by.organisation.country) }], campaign_id: null,
    comment, due_at: null, urgent: false, location_id: null, manager_id: seesLeads(by) ? by.id : null
  }, { source: 'message' })
  await trx('conversations').where({ id }).update({ lead_id: lead })
  return lead
}
