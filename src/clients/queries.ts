import { PREPARED, type Db } from '../database/knex.js'
import { unpacked, valueRows, writeValues } from '../form-editor/values.js'
import { STAMP_KEY } from '../installation/queries.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import { FIELDS, priceTypeOf, type Client, type ClientFields, type Discount, type Field, type Named, type PhoneType, type PriceType } from './client.js'
import { addEmail } from './emails/queries.js'
import type { EmailValues } from './emails/form.js'
import type { Details } from './feed/event.js'
import { recordEvent } from './feed/record.js'
import { maskedEmail, maskedPhone, seesContacts } from './masking.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { changeOwn } from '../form-editor/own/save.js'
import { addPhone } from './phones/queries.js'
import type { PhoneValues } from './phones/form.js'
import { tagClientByNames } from './tags/queries.js'
import { visibleTo } from './visibility.js'

const CONSENT = `json_build_object('channel', k.channel, 'given', k.given, 'at', k.at, 'by', w.name, 'source', k.source, 'how', k.how)`

// Columns by name: a prepared `c.*` would fail after a migration that adds one.
const SHOWN = `
  c.id, c.kind, c.first_name, c.surname, c.company_name, c.name, c.is_supplier, c.is_conflicted, c.conflict_reason, c.address, c.language, c.campaign_id, c.location_id, c.note, c.version, c.created_at, c.archived_at,
  coalesce(to_jsonb('price:' || c.price_type_services_id), to_jsonb(c.discount_services::float8)) as discount_services,
  coalesce(to_jsonb('price:' || c.price_type_products_id), to_jsonb(c.discount_products::float8)) as discount_products,
  (select json_build_object('id', g.id, 'name', g.name) from campaigns g where g.id = c.campaign_id) as campaign,
  (select json_build_object('id', l.id, 'name', l.name) from locations l where l.id = c.location_id) as location,
  coalesce((select json_agg(json_build_object('id', p.id, 'typed', p.typed, 'e164', p.e164, 'valid', p.e164 is not null, 'display', p.display, 'whatsapp', p.whatsapp, 'viber', p.viber, 'sms', p.sms,
      'type', json_build_object('id', y.id, 'key', y.key, 'name', y.name), 'masked', false,
      'shared', p.e164 is not null and exists (select from client_phones o where o.e164 = p.e164 and o.client_id <> p.client_id and o.removed_at is null),
      'consent', (select ${CONSENT} from consents k left join employees w on w.id = k.employee_id where k.phone_id = p.id order by k.id desc limit 1)) order by p.position, p.id)
    from client_phones p join phone_types y on y.id = p.type_id where p.client_id = c.id and p.removed_at is null), '[]') as phones,
  coalesce((select json_agg(json_build_object('id', e.id, 'address', e.address, 'agrees', e.agrees, 'masked', false,
      'shared', exists (select from client_emails o where o.address_key = e.address_key and o.client_id <> e.client_id and o.removed_at is null),
      'consent', (select ${CONSENT} from consents k left join employees w on w.id = k.employee_id where k.email_id = e.id order by k.id desc limit 1)) order by e.position, e.id)
    from client_emails e where e.client_id = c.id and e.removed_at is null), '[]') as emails,
  coalesce((select json_agg(json_build_object('id', t.id, 'name', t.name, 'colour', t.colour) order by t.name_key)
    from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = c.id), '[]') as tags,
  ${valueRows('client', 'c.id')} as own`

/** A client with everything its form shows, contacts masked for those who may not see them. Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findClient (db: Db, viewer: Viewer, id: number | null): Promise<Client> {
  if (id === null) throw new NotFound()
  const row = await db('clients as c').where('c.id', id).modify(query => visibleTo(viewer)(query, 'c')).first(db.raw(shownFor(viewer))).options(PREPARED)
  if (!row) throw new NotFound()
  return shownTo(viewer, row)
}

/** Several of them, in this order. Throws NotFound when one isn't there or isn't the viewer's to see. */
export async function findClients (db: Db, viewer: Viewer, ids: readonly number[]): Promise<Client[]> {
  const rows = await db('clients as c').whereRaw('c.id = any (?)', [[...ids]]).modify(query => visibleTo(viewer)(query, 'c')).select(db.raw(shownFor(viewer)))
  const byId = new Map(rows.map((row: any) => [row.id, row]))
  return ids.map(id => {
    const row = byId.get(id)
    if (!row) throw new NotFound()
    return shownTo(viewer, row)
  })
}

const shownFor = (viewer: Viewer) => seesContacts(viewer) ? SHOWN : `${SHOWN}, ${STAMP_KEY}`

function shownTo (viewer: Viewer, { stamp_key: key, ...row }: any): Client {
  const consent = (has: any) => has && { ...has, at: new Date(has.at) }
  return {
    ...row,
    own: unpacked(row.own),
    phones: row.phones.map((phone: any) => maskedPhone(viewer, { ...phone, consent: consent(phone.consent) }, key)),
    emails: row.emails.map((email: any) => maskedEmail(viewer, { ...email, consent: consent(email.consent) }, key))
  }
}

/** Locks a client's row until the end of the transaction, so that of two saves the second sees what the first wrote. Throws NotFound like findClient. */
export async function lockClient (trx: Db, viewer: Viewer, id: number | null): Promise<Client> {
  if (id === null) throw new NotFound()
  const locked = await trx('clients').where({ id }).modify(visibleTo(viewer)).forUpdate().first('id')
  if (!locked) throw new NotFound()
  return findClient(trx, viewer, id)
}

export interface NewClient extends ClientFields { phones: PhoneValues[], emails: EmailValues[], tags: string[], own?: OwnWrite[] }

/** Creates a client with its phones, e-mails and tags, and the feed entries that say who did it. Returns its id. Throws ContactTaken (by way of refusingTaken) when the uniqueness setting refuses. */
export async function createClient (trx: Db, by: Viewer, values: NewClient, source = 'form'): Promise<number> {
  const [{ id }] = await trx('clients').insert({ ...columns(values), created_by: by.id }).returning('id')
  await recordEvent(trx, by, id, 'client.created', { source })
  for (const phone of values.phones) await addPhone(trx, by, id, phone, { quiet: true, source })
  for (const email of values.emails) await addEmail(trx, by, id, email, { quiet: true, source })
  await tagClientByNames(trx, by, id, values.tags, { quiet: true })
  await writeValues(trx, 'client', id, values.own ?? [])
  return id
}

/** Writes the fields, also own ones, that differ from what is there and one feed entry that names them all. Returns whether anything changed. */
export async function changeClient (trx: Db, by: Viewer, client: Client, values: Partial<ClientFields>, own: readonly OwnWrite[] = []): Promise<boolean> {
  const changed = FIELDS.filter(field => field in values && values[field] !== client[field])
  const changes: Details['client.changed']['changes'] = await changeOwn(trx, 'client', client, own)
  if (changed.length + changes.length === 0) return false
  if (changed.length > 0) await trx('clients').where({ id: client.id }).update(columns(values, changed))
  for (const field of changed.toReversed()) changes.unshift({ field, old: await namedValue(trx, field, client[field]), new: await namedValue(trx, field, values[field]) })
  await recordEvent(trx, by, client.id, 'client.changed', { changes })
  return true
}

/** Puts a client away, or back. Nothing of it is lost. Returns false when it already is where it should be. */
export async function setArchived (trx: Db, by: Viewer, client: Client, archived: boolean): Promise<boolean> {
  if (archived === (client.archived_at !== null)) return false
  await trx('clients').where({ id: client.id }).update({ archived_at: archived ? trx.fn.now() : null })
  await recordEvent(trx, by, client.id, archived ? 'client.archived' : 'client.restored', {})
  return true
}

/** What the client form offers to choose from. */
export interface Choices { campaigns: Named[], locations: Named[], phoneTypes: (PhoneType & { retired: boolean })[], priceTypes: PriceType[] }

/** What somebody has already, by its id: it is offered though it was retired. */
export interface Held { campaigns: number[], locations: number[], phoneTypes: number[], priceTypes: number[] }

const NOTHING: Held = { campaigns: [], locations: [], phoneTypes: [], priceTypes: [] }

/** What is on offer, each list in the company's order, in one query. */
export async function listChoices (db: Db, held: Partial<Held> = {}): Promise<Choices> {
  const list = (table: string, ids: string, columns = '') => `
    (select coalesce(json_agg(json_build_object('id', id, 'name', name ${columns}) order by position nulls last, name_key, id), '[]') from ${table} where retired_at is null or id = any (:${ids}::bigint[]))`
  const { rows: [row] } = await db.raw(`
    select ${list('campaigns', 'campaigns')} as campaigns, ${list('locations', 'locations')} as locations,
      ${list('phone_types', 'phoneTypes', ", 'key', key, 'retired', retired_at is not null")} as "phoneTypes", ${list('price_types', 'priceTypes', ", 'mark_up', mark_up::float8")} as "priceTypes"`,
  { ...NOTHING, ...held }).options(PREPARED)
  return row
}

// What of these fields stands in which column: a discount in two.
const columns = (values: Partial<ClientFields>, fields: readonly Field[] = FIELDS) => Object.assign({}, ...fields.map(field => {
  if (field !== 'discount_services' && field !== 'discount_products') return { [field]: values[field] }
  const price = priceTypeOf(values[field]!)
  return { [field]: price ? 0 : values[field], [field === 'discount_services' ? 'price_type_services_id' : 'price_type_products_id']: price }
}))

/** A field's value as the feed keeps it: it has to read right after a campaign was renamed, so with the name of that day. */
export async function namedValue (trx: Db, field: Field, value: unknown): Promise<unknown> {
  const price = field === 'discount_services' || field === 'discount_products' ? priceTypeOf(value as Discount) : null
  if (price) return await trx('price_types').where({ id: price }).first('id', 'name', trx.raw('mark_up::float8 as mark_up')) ?? null
  if (field !== 'campaign_id' && field !== 'location_id') return value
  if (value === null) return null
  return await trx(field === 'campaign_id' ? 'campaigns' : 'locations').where({ id: value as number }).first('id', 'name') ?? null
}
