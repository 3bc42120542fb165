import { CHANNELS, type Channel, type ClientFields, type Named, type PhoneType } from '../../src/clients/client.js'
import type { Details, EventKind } from '../../src/clients/feed/event.js'
import { readNumber, type PhoneNumber } from '../../src/clients/phones/number.js'
import type { ConsentChannel, How } from '../../src/clients/consents/consent.js'
import type { Chance } from './chance.js'
import { howOf, wordingAt } from './consents.js'
import type { OwnValue } from './fields.js'
import { makeNumber, makeWrongNumber } from './phones.js'
import { makeAddress, plainWord, withoutAccents } from './places.js'
import type { Price } from './prices.js'
import { someoneAt, type Branch, type Employee, type Shop } from './shop.js'
import { fill, WORDS } from './words.js'

export interface Phone extends PhoneNumber, Record<Channel, boolean> {
  id: number
  position: number
  type: PhoneType
  /** A mobile number takes messages, a landline doesn't. */
  mobile: boolean
  removed_at: Date | null
}

export interface Email { id: number, position: number, address: string, agrees: boolean, removed_at: Date | null }

export interface Consent {
  id: number
  phone_id: number | null
  email_id: number | null
  channel: Channel | 'email'
  address: string
  given: boolean
  at: Date
  employee_id: number
  source: 'form' | 'import'
  source_name: string
  how: How | null
  wording_id: number | null
}

export interface Event { id: number, kind: EventKind, employee_id: number, at: Date, version: number | null, details: Details[EventKind], body: string | null }

/** A client with everything that belongs to it. What the clients table has goes by the table's names. */
export interface Client extends Omit<ClientFields, 'campaign_id' | 'location_id' | 'language'> {
  id: number
  campaign: Named | null
  location: Named | null
  price: Price | null
  version: number
  created_at: Date
  created_by: number
  archived_at: Date | null
  phones: Phone[]
  emails: Email[]
  tags: Named[]
  values: OwnValue[]
  consents: Consent[]
  events: Event[]
  branch: Branch
}

/** Gives the next id of each table. */
export type Ids = Record<'client' | 'phone' | 'email' | 'consent' | 'event', () => number>

/** What a client is made with. */
export interface Maker { shop: Shop, chance: Chance, ids: Ids }

/** Someone new, as the form or an import leaves it, with the first event of the feed. */
export function makeClient (maker: Maker, at: Date, source: 'form' | 'import'): Client {
  const { shop, chance, ids } = maker
  const branch = chance.weigh(shop.branches.map(one => [one, one.weight] as const))
  const location = chance.is(0.96) ? branch.location : null
  const by = source === 'import' ? someoneAt(shop, null, at, chance, ['admin', 'owner']) : someoneAt(shop, branch.location.id, at, chance)
  const isSupplier = chance.is(0.04)

  const client: Client = {
    id: ids.client(),
    ...makeNames(branch, chance, isSupplier),
    is_supplier: isSupplier,
    is_conflicted: false,
    conflict_reason: '',
    address: chance.is(isSupplier ? 0.95 : 0.55) ? makeAddress(branch.place, chance) : '',
    campaign: isSupplier ? null : campaignOf(shop, at, chance),
    location,
    price: null,
    discount_services: 0,
    discount_products: 0,
    note: chance.is(0.35) ? makeNote(by, chance, isSupplier) : '',
    version: 0,
    created_at: at,
    created_by: by.id,
    archived_at: null,
    phones: [],
    emails: [],
    tags: [],
    values: [],
    consents: [],
    events: [],
    branch
  }
  for (let left = chance.weigh([[1, 72], [2, 24], [3, 4]]); left > 0; left--) addPhone(maker, client)
  for (let left = chance.weigh(client.kind === 'company' ? [[0, 8], [1, 75], [2, 17]] : [[0, 55], [1, 42], [2, 3]]); left > 0; left--) addEmail(maker, client)
  for (let left = chance.weigh([[0, 50], [1, 32], [2, 14], [3, 4]]); left > 0; left--) addTag(maker, client)
  tickBoxes(maker, client, by, source)
  record(maker, client, by, at, 'client.created', { source })
  return client
}

/** Writes an event into the client's feed. All but comments make a new version of the client. */
export function record<K extends EventKind> ({ ids }: Maker, client: Client, by: Employee, at: Date, kind: K, details: Details[K], body: string | null = null): void {
  client.events.push({ id: ids.event(), kind, employee_id: by.id, at, version: kind === 'comment' ? null : ++client.version, details, body })
}

/** Gives the client one more phone, with every channel off. */
export function addPhone ({ shop, chance, ids }: Maker, client: Client): Phone {
  const kind = chance.is(client.kind === 'company' ? 0.45 : 0.88) ? 'mobile' : 'landline'
  const phone = {
    id: ids.phone(),
    position: client.phones.length,
    type: phoneType(shop, client, kind, chance),
    mobile: kind === 'mobile',
    ...makePhoneNumber(shop, client, chance, kind),
    whatsapp: false,
    viber: false,
    sms: false,
    removed_at: null
  }
  client.phones.push(phone)
  return phone
}

/** A number for this client; now and then one that somebody mistyped. */
export function makePhoneNumber (shop: Shop, client: Client, chance: Chance, kind: 'mobile' | 'landline'): PhoneNumber {
  const country = chance.weigh(client.branch.numbers)
  return chance.is(0.012) ? makeWrongNumber(chance, country, shop.country) : makeNumber(chance, country, shop.country, kind)
}

function phoneType (shop: Shop, client: Client, kind: 'mobile' | 'landline', chance: Chance): PhoneType {
  const own = shop.phoneTypes.filter(type => type.key === null)
  if (client.kind === 'company' && own.length > 0 && chance.is(0.15)) return chance.pick(own)
  const key = kind === 'mobile' ? (chance.is(0.9) ? 'mobile' : 'work') : client.kind === 'company' ? 'work' : 'home'
  return shop.phoneTypes.find(type => type.key === key)!
}

/** Gives the client one more e-mail that doesn't agree to anything yet. */
export function addEmail ({ chance, ids }: Maker, client: Client): Email {
  const email = { id: ids.email(), position: client.emails.length, address: makeOtherAddress(client, chance), agrees: false, removed_at: null }
  client.emails.push(email)
  return email
}

/** An address that this client doesn't have, nor had. */
function makeOtherAddress (client: Client, chance: Chance): string {
  const address = makeEmailAddress(client, chance)
  return client.emails.some(one => one.address === address) ? makeOtherAddress(client, chance) : address
}

function makeEmailAddress ({ kind, company_name: company, first_name: first, surname, branch, emails }: Client, chance: Chance): string {
  if (kind === 'company') return `${chance.pick(['info', 'office', plainWord(branch.location.name, '-'), ...emails.length < 2 ? [] : ['service', 'accounts', 'orders']])}@${plainWord(company, '-')}.example`
  const [initial, family] = [plainWord(first, ''), plainWord(surname.split(' ')[0]!, '')]
  const name = chance.pick([`${initial}.${family}`, `${initial}${family}`, `${initial[0]}.${family}`, `${family}.${initial}`])
  return `${name}${chance.is(0.6) ? chance.int(1, 999) : ''}@${chance.pick(branch.place.mailHosts)}`
}

/** Gives the client a tag it doesn't have; undefined when it has three. */
export function addTag ({ shop, chance }: Maker, client: Client): Named | undefined {
  const tag = chance.pickEarly(shop.tags)
  if (client.tags.length >= 3 || client.tags.includes(tag)) return undefined
  client.tags.push(tag)
  return tag
}

/** Whether messages can go to this number: a landline or a mistyped one gets none. */
export const takesMessages = (phone: Phone) => phone.mobile && phone.e164 !== null && phone.removed_at === null

const AT_ONCE: Record<Channel, number> = { whatsapp: 0.24, sms: 0.24, viber: 0.06 }

// What the client agreed to at the counter: off at first, and only what was ticked leaves a trace.
function tickBoxes (maker: Maker, client: Client, by: Employee, source: Consent['source']): void {
  for (const phone of client.phones.filter(takesMessages)) {
    for (const channel of CHANNELS) {
      if (maker.chance.is(AT_ONCE[channel])) switchPhone(maker, client, phone, channel, { by, at: client.created_at, source })
    }
  }
  for (const email of client.emails) {
    if (maker.chance.is(0.4)) switchEmail(maker, client, email, { by, at: client.created_at, source })
  }
}

interface Trace { by: Employee, at: Date, source: Consent['source'] }

/** Turns a channel's box over, and keeps when, who and how. Gives the new state. */
export function switchPhone (maker: Maker, client: Client, phone: Phone, channel: Channel, { by, at, source }: Trace): boolean {
  phone[channel] = !phone[channel]
  client.consents.push({ id: maker.ids.consent(), phone_id: phone.id, email_id: null, channel, address: phone.display, given: phone[channel], at, employee_id: by.id, source, ...proofOf(maker, channel, phone[channel], at, source) })
  return phone[channel]
}

/** The same for an e-mail's box. */
export function switchEmail (maker: Maker, client: Client, email: Email, { by, at, source }: Trace): boolean {
  email.agrees = !email.agrees
  client.consents.push({ id: maker.ids.consent(), phone_id: null, email_id: email.id, channel: 'email', address: email.address, given: email.agrees, at, employee_id: by.id, source, ...proofOf(maker, 'email', email.agrees, at, source) })
  return email.agrees
}

// How it was given and to which words; what came by the import was agreed to elsewhere.
function proofOf ({ shop }: Maker, channel: ConsentChannel, given: boolean, at: Date, source: Consent['source']): Pick<Consent, 'how' | 'source_name' | 'wording_id'> {
  if (source === 'import') return { how: null, source_name: 'old-system.xlsx', wording_id: null }
  return { how: given ? howOf(Math.floor(at.getTime() / 1000 / 7)) : null, source_name: '', wording_id: given ? wordingAt(shop.wordings, channel, at) : null }
}

function makeNames (branch: Branch, chance: Chance, isSupplier: boolean): Pick<Client, 'kind' | 'first_name' | 'surname' | 'company_name'> {
  const names = chance.weigh(branch.names)
  if (chance.is(isSupplier ? 0.9 : 0.12)) return { kind: 'company', first_name: '', surname: '', company_name: isSupplier ? names.supplier(chance) : names.company(chance) }
  const { firstName, surname } = names.person(chance)
  return { kind: 'person', first_name: firstName, surname, company_name: '' }
}

/** One of the campaigns that ran then. */
export function campaignOf (shop: Pick<Shop, 'campaigns'>, at: Date, chance: Chance): Named | null {
  const day = at.toISOString().slice(0, 10)
  const running = shop.campaigns.filter(({ starts, ends }) => (starts ?? day) <= day && day <= (ends ?? day))
  if (running.length === 0 || chance.is(0.28)) return null
  const { id, name } = chance.pickEarly(running)
  return { id, name }
}

/** What an employee would note, in the employee's language. */
export function makeNote (by: Pick<Employee, 'language'>, chance: Chance, isSupplier: boolean): string {
  const words = WORDS[by.language]
  const one = () => fill(chance.pick(isSupplier ? words.supplierNotes : words.notes), words, chance)
  return chance.is(0.2) ? `${one()} ${one()}` : one()
}

/** The same person or company written down a second time, as happens at a busy counter. */
export function copyOf (maker: Maker, earlier: Client, at: Date): Client {
  const client = makeClient(maker, at, 'form')
  const { kind, first_name, surname, company_name, branch } = earlier
  Object.assign(client, { kind, first_name: withoutAccents(first_name), surname: withoutAccents(surname), company_name: withoutAccents(company_name), branch })
  const [theirs, ours] = [earlier.phones[0]!, client.phones[0]!]
  const agreed = client.consents.some(consent => consent.phone_id === ours.id)
  if (theirs.e164 && !agreed) Object.assign(ours, readNumber(theirs.display, maker.shop.country), { type: theirs.type, mobile: theirs.mobile })
  return client
}
