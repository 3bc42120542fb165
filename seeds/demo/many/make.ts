import type { PhoneNumber } from '../../../src/clients/phones/number.js'
import type { ConsentChannel } from '../../../src/clients/consents/consent.js'
import type { Chance } from '../chance.js'
import { campaignOf, makeNote, type Ids } from '../client.js'
import { howOf, wordingAt } from '../consents.js'
import { ownValues, type OwnValue } from '../fields.js'
import { priceOf } from '../prices.js'
import { calendarOf } from '../times.js'
import { makeTwin } from '../twins.js'
import type { Kind, Stock, Word } from './stock.js'

interface Phone extends PhoneNumber { id: number, position: number, type_id: number, whatsapp: boolean, viber: false, sms: false, removed_at: null }
interface Email { id: number, address: string, agrees: boolean }
interface Consent { id: number, phone_id: number | null, email_id: number | null, channel: ConsentChannel, address: string }
interface Event { id: number, kind: 'client.created' | 'client.changed' | 'client.archived', employee_id: number, at: Date, version: number, details: object }

/** One of many clients, with all that belongs to it. */
export interface Made {
  id: number
  kind: 'person' | 'company'
  first_name: string
  surname: string
  company_name: string
  /** Its names as the search has them. */
  folded: { first: string, surname: string, company: string }
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
  address: string
  campaign_id: number | null
  location_id: number | null
  discount_services: number
  price_type_services_id: number | null
  note: string
  created_at: Date
  created_by: number
  active_at: Date
  archived_at: Date | null
  how: string
  phones: Phone[]
  emails: Email[]
  tags: Stock['tags']
  values: OwnValue[]
  consents: Consent[]
  events: Event[]
}

const NOBODY: Word = { written: '', folded: '' }
const SPARE = { viber: false, sms: false, removed_at: null } as const

/** Makes `count` clients, the oldest first, each with less of a life than those that are made one by one. */
export function * makeMany (stock: Stock, ids: Ids, chance: Chance, count: number): Generator<Made> {
  const calendar = calendarOf(stock.calendar)
  const shares = stock.kinds.map(kind => [kind, kind.share] as const)
  let before: Made | undefined
  for (let n = 0; n < count; n++) {
    const point = calendar.start + (n + chance.next()) / count * (calendar.end - calendar.start)
    const client = makeOne(chance.weigh(shares), calendar.workingTime(point))
    if (chance.is(0.023)) client.archived_at = calendar.workingTime(point + (calendar.end - point) * chance.next())
    if (before && makeTwin(client, before)) client.folded = before.folded
    tell(client)
    before = client
    yield client
  }

  function makeOne (kind: Kind, at: Date): Made {
    const isSupplier = chance.is(0.04), isConflicted = chance.is(0.02)
    const isCompany = chance.is(isSupplier ? 0.9 : 0.12)
    const by = chance.pick(kind.staff)
    const [first, surname] = isCompany ? [NOBODY, NOBODY] : personOf(kind)
    const company = isCompany ? called(chance.pick(isSupplier ? kind.suppliers : kind.companies), chance.pick(kind.surnames)) : NOBODY
    const client: Made = {
      id: ids.client(), kind: isCompany ? 'company' : 'person', first_name: first.written, surname: surname.written, company_name: company.written,
      folded: { first: first.folded, surname: surname.folded, company: company.folded },
      is_supplier: isSupplier, is_conflicted: isConflicted, conflict_reason: isConflicted ? 'Did not pay' : '',
      address: chance.is(0.55) ? `${chance.pick(kind.streets)} ${chance.int(1, 148)}, ${chance.pick(kind.cities)}` : '',
      campaign_id: isSupplier ? null : campaignOf(stock, at, chance)?.id ?? null, location_id: chance.is(0.96) ? kind.location : null,
      discount_services: chance.is(0.1) ? chance.pick([5, 10]) : 0, price_type_services_id: null, note: chance.is(0.2) ? makeNote(by, chance, isSupplier) : '',
      created_at: at, created_by: by.id, active_at: at, archived_at: null, how: howOf(Math.floor(at.getTime() / 7000)), phones: [], emails: [], tags: [], values: [], consents: [], events: []
    }
    for (let left = chance.is(0.58) ? 1 : chance.is(0.8) ? 2 : 3; left > 0; left--) client.phones.push(makePhone(kind, client))
    if (chance.is(0.55)) client.emails.push({ id: ids.email(), address: `${plain(client.folded)}${client.id % 1000}@${kind.host}`, agrees: chance.is(0.3) })
    for (let left = chance.is(0.5) ? 0 : chance.is(0.7) ? 1 : 2; left > 0; left--) {
      const tag = chance.pickEarly(stock.tags)
      if (!client.tags.includes(tag)) client.tags.push(tag)
    }
    return client
  }

  function personOf (kind: Kind): [Word, Word] {
    const woman = chance.is(0.5)
    const first = chance.pick(woman ? kind.women : kind.men), surname = chance.pick(woman ? kind.womensSurnames : kind.surnames)
    if (kind.country === 'PL' || chance.is(0.5)) return [first, surname]
    const second = chance.pick(kind.surnames)
    return [first, { written: `${surname.written} ${second.written}`, folded: `${surname.folded} ${second.folded}` }]
  }

  function makePhone (kind: Kind, client: Made): Phone {
    const national = chance.pick(kind.begins) + String(chance.int(0, 9_999_999)).padStart(7, '0')
    let display = `+${kind.code}`
    let from = 0
    for (const length of kind.groups) display += ` ${national.slice(from, from += length)}`
    const position = client.phones.length
    return {
      id: ids.phone(), position, type_id: client.kind === 'company' ? stock.work : stock.mobile, typed: kind.country === stock.country && chance.is(0.35) ? national : display,
      e164: `+${kind.code}${national}`, display, digits: kind.code + national, whatsapp: position === 0 && chance.is(0.2), ...SPARE
    }
  }

  // What the client agreed to, what it has in own fields and how all that came to be.
  function tell (client: Made): void {
    const { phones, emails, created_at: at, created_by: by } = client
    for (const { id, whatsapp, display } of phones) if (whatsapp) client.consents.push({ id: ids.consent(), phone_id: id, email_id: null, channel: 'whatsapp', address: display })
    for (const { id, agrees, address } of emails) if (agrees) client.consents.push({ id: ids.consent(), phone_id: null, email_id: id, channel: 'email', address })
    record(client, 'client.created', by, at, CREATED)
    const price = client.archived_at === null && client.discount_services === 0 ? priceOf(client, stock.prices) : undefined
    if (price) {
      client.price_type_services_id = price.id
      record(client, 'client.changed', stock.managers[client.id % stock.managers.length]!, at, { changes: [{ field: 'discount_services', old: 0, new: price }] })
    }
    if (client.archived_at) record(client, 'client.archived', chance.pick(stock.admins), client.archived_at, {})
    client.active_at = client.events.at(-1)!.at
    client.values = ownValues(client, stock.own)
  }

  function record (client: Made, kind: Event['kind'], by: number, at: Date, details: object): void {
    client.events.push({ id: ids.event(), kind, employee_id: by, at, version: client.events.length + 1, details })
  }
}

const CREATED = { source: 'form' }

/** The wording that a consent of then was given to. */
export const wordingOf = ({ wordings }: Stock, { channel }: Consent, { created_at: at }: Made): number | null => wordingAt(wordings, channel, at)

const called = (pattern: Word, surname: Word): Word =>
  ({ written: pattern.written.replace('*', () => surname.written), folded: pattern.folded.replace('*', () => surname.folded) })

// "zofia.nowak", as it stands in an address.
const plain = ({ first, surname, company }: Made['folded']): string => (company || `${first} ${surname}`).replace(/[^a-z0-9]+/g, '.').replace(/^\.|\.$/g, '')
