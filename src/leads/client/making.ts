import type { ClientFields } from '../../clients/client.js'
import { isCompanyName } from '../../clients/company-name.js'
import { emptyFields, readClientForm, shownForm, type ClientForm } from '../../clients/form.js'
import { seesContacts } from '../../clients/masking.js'
import { numberKey, readNumber, type PhoneNumber } from '../../clients/phones/number.js'
import type { PhoneValues } from '../../clients/phones/form.js'
import { createClient } from '../../clients/queries.js'
import { seesClients } from '../../clients/visibility.js'
import { linkTalksOf } from '../../conversations/linking/queries.js'
import type { Db } from '../../database/knex.js'
import { askedFields, type Shape } from '../../form-editor/definition.js'
import { defaultValues, nameOf } from '../../form-editor/schema.js'
import { shapeOf } from '../../form-editor/shape.js'
import { isNothing } from '../../form-editor/value.js'
import { listTypes } from '../../phone-types/queries.js'
import { Forbidden, HttpError, NotFound } from '../../web/errors.js'
import { idOf, isEmail, type Body } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { lockLeadsOf } from '../people/queries.js'
import { findLead, lockLead, type Lead } from '../queries.js'
import { seesLeads } from '../visibility.js'
import { setClientOf } from './queries.js'

/** Whether this viewer may make clients of leads: who may not see clients isn't told, by a button that is there or not, whose lead is a client's. */
export const makesClients = (viewer: Viewer): boolean => viewer.can('clients.create') && viewer.can('leads.edit') && seesClients(viewer)

/** What a client is made of: a lead, or with a number all leads of somebody. As it stands in the address of a new client's form. */
export interface Origin { lead: Lead, others: Lead[], address: string, numbers: PhoneNumber[] }

/** What a client was to be made of is archived (403), linked to another client by now (409), or not there or not the viewer's to see (404). */
export class OriginGone extends HttpError {}

class OriginArchived extends OriginGone {
  constructor (number: string) { super(403, 'lead_archived', { number }) }
}

/** Reads it: null where a form names none. With `lock` the leads are locked. Throws Forbidden, and OriginGone for leads that are archived, aren't the viewer's to see or are nobody's any more. */
export async function originOf (db: Db, viewer: Viewer, { lead: asked, known }: Body, { lock = false } = {}): Promise<Origin | null> {
  if (idOf(asked) === null && idOf(known) === null) return null
  if (!makesClients(viewer) || !seesLeads(viewer)) throw new Forbidden()
  const there = <T>(found: Promise<T>): Promise<T> => found.catch(error => { throw error instanceof NotFound ? new OriginGone(404, error.key) : error })
  if (idOf(known) !== null) return originIn(db, await there(lockLeadsOf(db, viewer, idOf(known), { lock })), `known=${idOf(known)}`)
  const lead = await there((lock ? lockLead : findLead)(db, viewer, idOf(asked)))
  if (lead.archived_at) throw new OriginArchived(lead.number)
  return originIn(db, [lead], `lead=${lead.id}`)
}

/** Leads of one person, of which the newest with a name stands for them. */
export async function originIn (db: Db, leads: readonly Lead[], address: string): Promise<Origin> {
  const lead = leads.find(({ contact_name: name }) => name !== '') ?? leads[0]!
  const others = leads.filter(one => one !== lead)
  const all = await db('lead_phones').whereIn('lead_id', leads.map(({ id }) => id)).orderByRaw('lead_id = ? desc, lead_id desc, position, id', [lead.id]).select('typed', 'e164', 'display', 'digits')
  const keys = all.map(numberKey)
  return { lead, others, address, numbers: all.filter((_, n) => keys.indexOf(keys[n]!) === n) }
}

/** What the form of a new client is filled in with: a lead and its numbers, a call's number alone, or what was searched for. */
type Asking = Pick<Origin, 'numbers'> & { lead: Pick<Lead, 'contact_name' | 'campaign_id' | 'location_id'>, email?: string, company?: string }
const NOBODY = { contact_name: '', campaign_id: null, location_id: null }
export const asCaller = (number: PhoneNumber): Asking => ({ lead: NOBODY, numbers: [number] })

/** Whoever was searched for in vain by a number as somebody in `country` types it, by an e-mail, or by the name of a company or a person; null for anything else. */
export function asSearched (q: string, country: string): Asking | null {
  const number = readNumber(q, country)
  if (number.e164) return asCaller(number)
  if (isEmail(q)) return { lead: NOBODY, numbers: [], email: q }
  if (isCompanyName(q)) return { lead: NOBODY, numbers: [], company: q }
  return /^\p{L}[\p{L}\p{M}\s'’.-]{0,98}$/u.test(q) ? { lead: { ...NOBODY, contact_name: q }, numbers: [] } : null
}

/** The form of a new client as a lead fills it in; with `masked` only with the phones that its writer may read. */
export async function clientFormOf (db: Db, viewer: Viewer, { lead, numbers, email, company }: Asking, shape: Shape, { masked = false } = {}): Promise<ClientForm> {
  const [first = '', ...surname] = lead.contact_name.split(/\s+/)
  const kind = company ? 'company' : 'person'
  const [type] = await listTypes(db)
  const shown = masked && !seesContacts(viewer) ? [] : numbers
  const body: Body = { kind, first_name: first, surname: surname.join(' '), company_name: company ?? '', campaign_id: String(lead.campaign_id ?? ''), location_id: String(lead.location_id ?? ''), phone_rows: shown.map((_, n) => String(n)) }
  for (const [n, { display }] of shown.entries()) Object.assign(body, { [`phones.${n}.number`]: display, [`phones.${n}.type`]: String(type!.id) })
  if (email) Object.assign(body, { email_rows: '0', 'emails.0.address': email })
  const form = readClientForm(body, viewer, { shape, client: null })
  // What has a default is filled in.
  const fields = askedFields(shownForm(shape, kind)), defaults = defaultValues(fields, viewer.organisation.timeZone)
  form.own = fields.flatMap(field => isNothing(defaults[field.key] ?? null) ? [] : [{ field, value: defaults[field.key]! }])
  for (const { field } of form.own) delete form.errors[nameOf(field)]
  return withHidden(viewer, form, numbers)
}

/** Phones of its leads that a form's writer sees masked are there though the form doesn't have them. */
export function withHidden (viewer: Viewer, form: ClientForm, numbers: readonly PhoneNumber[]): ClientForm {
  const errors = { ...form.errors }
  if (!seesContacts(viewer) && numbers.length > 0) delete errors.phones
  return { ...form, errors }
}

/** The phones of a new client: those typed, and before them those that their writer sees masked. */
export async function phonesWith (db: Db, viewer: Viewer, typed: readonly PhoneValues[], numbers: readonly PhoneNumber[]): Promise<PhoneValues[]> {
  if (seesContacts(viewer) || numbers.length === 0) return [...typed]
  const [type] = await listTypes(db), keys = numbers.map(numberKey)
  return [
    ...numbers.map(number => ({ id: null, number, typeId: type!.id, newType: '', whatsapp: false, viber: false, sms: false, remove: false, was: '' })),
    ...typed.filter(({ number }) => !number || !keys.includes(numberKey(number)))
  ]
}

/**
 * Makes a client of leads' contact with all its phones, and links the leads, which have to be locked. Null when the form of clients asks for more
 * than they have: somebody has to fill it in. Throws ContactTaken (by way of refusingTaken).
 */
export async function promote (trx: Db, by: Viewer, origin: Origin): Promise<number | null> {
  const form = await clientFormOf(trx, by, origin, await shapeOf(trx, 'client'))
  if (Object.keys(form.errors).length > 0) return null
  const client = await createClient(trx, by, { ...emptyFields(by), ...form.fields as ClientFields, phones: form.phones, emails: [], tags: [], own: form.own }, 'lead')
  await linkTo(trx, by, origin, client)
  return client
}

/** Links the leads of which a client was made, and what was written with them as strangers. They have to be locked. */
export async function linkTo (trx: Db, by: Viewer, { lead, others }: Origin, client: number): Promise<void> {
  for (const one of [lead, ...others]) {
    await setClientOf(trx, by, one, client)
    await linkTalksOf(trx, by, one.id, client)
  }
}
