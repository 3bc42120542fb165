import { CHANNELS, type Channel, type Field } from '../../src/clients/client.js'
import {
  addEmail, addPhone, addTag, campaignOf, makeNote, makePhoneNumber, record, switchEmail, switchPhone, takesMessages,
  type Client, type Maker, type Phone
} from './client.js'
import { makeAddress } from './places.js'
import { priceOf } from './prices.js'
import { someoneAt, type Employee } from './shop.js'
import { fill, WORDS } from './words.js'

/** Something that happens to a client at a moment, done by an employee; false when it can't happen to this one. */
type Happening = (moment: Moment) => boolean

interface Moment extends Maker { client: Client, at: Date, by: Employee }

/** Lets time pass for a client, from `point` until the calendar's end: its feed grows, and its record is left as the feed says. */
export function tellHistory (maker: Maker, client: Client, point: number): void {
  const { shop, chance } = maker
  const plot = Array.from({ length: chance.weigh(LENGTHS) }, () => chance.weigh(HAPPENINGS))
  if (chance.is(0.021)) plot[chance.int(0, plot.length - 1)] = conflict
  if (chance.is(0.023)) plot.push(archive)
  if (chance.is(0.003)) plot.splice(-1, 0, archive, restore)

  for (const [step, at] of momentsAfter(maker, point, plot.length).entries()) {
    const by = someoneAt(shop, client.location?.id ?? null, at, chance)
    const moment = { ...maker, client, at, by }
    if (!plot[step]!(moment)) comment(moment)
  }
}

/** Gives a client the price type that it has instead of a discount, as the last word of its feed. */
export function givePrice (maker: Maker, client: Client): void {
  const price = priceOf(client, maker.shop.prices)
  if (!price || client.archived_at !== null || client.discount_services !== 0 || client.events.some(({ details }) => 'changes' in details && details.changes.some(({ field }) => field === 'discount_services'))) return
  const managers = maker.shop.staff.filter(({ role, until }) => role === 'manager' && !until)
  record(maker, client, managers[client.id % managers.length]!, client.events.at(-1)!.at, 'client.changed', { changes: [{ field: 'discount_services', old: 0, new: price }] })
  client.price = price
}

// The more often while it is new, the less later.
function momentsAfter ({ shop, chance }: Maker, point: number, count: number): Date[] {
  const { calendar } = shop
  const points = Array.from({ length: count }, () => point + (calendar.end - point) * chance.next() ** 3)
  return points.sort((a, b) => a - b).map(calendar.workingTime)
}

const comment: Happening = ({ client, at, by, ...maker }) => {
  const words = WORDS[by.language]
  record(maker, client, by, at, 'comment', {}, fill(maker.chance.pick(words.comments), words, maker.chance))
  return true
}

const changeNote: Happening = moment => {
  const { client, by, chance } = moment
  const added = makeNote(by, chance, client.is_supplier)
  return change(moment, { note: client.note && chance.is(0.5) ? `${client.note} ${added}` : added })
}

const move: Happening = moment => change(moment, { address: makeAddress(moment.client.branch.place, moment.chance) })

const giveDiscount: Happening = moment => {
  const { client, chance, shop, at } = moment
  const by = someoneAt(shop, client.location?.id ?? null, at, chance, ['manager', 'admin', 'owner'])
  const services = chance.pick([0, 5, 5, 10, 10, 15])
  return change({ ...moment, by }, chance.is(0.3) ? { discount_services: services, discount_products: chance.pick([3, 5, 7.5]) } : { discount_services: services })
}

const learnCampaign: Happening = moment => {
  const campaign = campaignOf(moment.shop, moment.at, moment.chance)
  return moment.client.campaign === null && campaign !== null && change(moment, { campaign })
}

const changeLocation: Happening = moment => change(moment, { location: moment.chance.pick(moment.shop.branches).location })

const becomeCompany: Happening = moment => {
  const { client, chance } = moment
  return client.kind === 'person' &&
    change(moment, { kind: 'company', first_name: '', surname: '', company_name: chance.weigh(client.branch.names).company(chance) })
}

const conflict: Happening = moment => {
  const words = WORDS[moment.by.language]
  return !moment.client.is_conflicted && change(moment, { is_conflicted: true, conflict_reason: moment.chance.pick(words.conflicts) })
}

const getPhone: Happening = ({ client, at, by, ...maker }) => {
  if (activePhones(client).length >= 3) return false
  const phone = addPhone(maker, client)
  record(maker, client, by, at, 'phone.added', { phone: shown(phone) })
  return true
}

// Consent was for the old number, so only one without any is written over.
const changeNumber: Happening = ({ client, at, by, ...maker }) => {
  const silent = activePhones(client).filter(phone => !CHANNELS.some(channel => phone[channel]) && phone.mobile)
  if (silent.length === 0) return false
  const phone = maker.chance.pick(silent)
  const old = phone.display
  Object.assign(phone, makePhoneNumber(maker.shop, client, maker.chance, 'mobile'))
  record(maker, client, by, at, 'phone.changed', { phone: shown(phone), changes: [{ field: 'number', old, new: phone.display }] })
  return true
}

const losePhone: Happening = ({ client, at, by, ...maker }) => {
  const active = activePhones(client)
  if (active.length < 2) return false
  const phone = maker.chance.pick(active)
  phone.removed_at = at
  record(maker, client, by, at, 'phone.removed', { phone: shown(phone) })
  return true
}

const getEmail: Happening = ({ client, at, by, ...maker }) => {
  if (activeEmails(client).length >= 2) return false
  const { id, address } = addEmail(maker, client)
  record(maker, client, by, at, 'email.added', { email: { id, address } })
  return true
}

const loseEmail: Happening = ({ client, at, by, ...maker }) => {
  const [email] = activeEmails(client)
  if (!email) return false
  email.removed_at = at
  record(maker, client, by, at, 'email.removed', { email: { id: email.id, address: email.address } })
  return true
}

const changeConsent: Happening = ({ client, at, by, ...maker }) => {
  const { chance } = maker
  const trace = { by, at, source: 'form' } as const
  const phones = activePhones(client).filter(takesMessages)
  const [email] = activeEmails(client)
  if (email && (phones.length === 0 || chance.is(0.4))) {
    record(maker, client, by, at, 'consent.changed', { channel: 'email', given: switchEmail(maker, client, email, trace), address: email.address })
    return true
  }
  if (phones.length === 0) return false
  const phone = chance.pick(phones)
  const channel = chance.weigh(CHANNEL_WEIGHTS)
  record(maker, client, by, at, 'consent.changed', { channel, given: switchPhone(maker, client, phone, channel, trace), address: phone.display })
  return true
}

const getTag: Happening = ({ client, at, by, ...maker }) => {
  const tag = addTag(maker, client)
  if (tag) record(maker, client, by, at, 'tag.added', { tag })
  return tag !== undefined
}

const loseTag: Happening = ({ client, at, by, ...maker }) => {
  const tag = client.tags.shift()
  if (tag) record(maker, client, by, at, 'tag.removed', { tag })
  return tag !== undefined
}

// Deleting is the admins' and owners' right.
const archive: Happening = ({ client, at, ...maker }) => {
  client.archived_at = at
  record(maker, client, someoneAt(maker.shop, null, at, maker.chance, ['admin', 'owner']), at, 'client.archived', {})
  return true
}

const restore: Happening = ({ client, at, ...maker }) => {
  client.archived_at = null
  record(maker, client, someoneAt(maker.shop, null, at, maker.chance, ['admin', 'owner']), at, 'client.restored', {})
  return true
}

/** How many events follow the first, and how often each kind of them happens. */
const LENGTHS = [[1, 8], [2, 14], [3, 20], [4, 20], [5, 14], [6, 10], [8, 8], [12, 4], [20, 2]] as const
const HAPPENINGS: [Happening, number][] = [
  [comment, 46], [changeConsent, 13], [getTag, 12], [changeNote, 9], [getPhone, 4], [getEmail, 4], [move, 3], [giveDiscount, 3],
  [changeNumber, 2.5], [losePhone, 1], [loseEmail, 0.5], [loseTag, 1.5], [learnCampaign, 1.5], [changeLocation, 0.4], [becomeCompany, 0.15]
]

const CHANNEL_WEIGHTS: [Channel, number][] = [['whatsapp', 53], ['sms', 27], ['viber', 20]]

type Changes = Partial<Pick<Client, 'kind' | 'first_name' | 'surname' | 'company_name' | 'is_conflicted' | 'conflict_reason' | 'address' | 'campaign' | 'location' | 'discount_services' | 'discount_products' | 'note'>>

// Campaign and location are ids in the table and in the feed.
const fieldOf = (name: keyof Changes): Field => name === 'campaign' ? 'campaign_id' : name === 'location' ? 'location_id' : name

/** Changes the client's own fields in one event; false when everything is so already. */
function change ({ client, at, by, ...maker }: Moment, values: Changes): boolean {
  const before = client as Changes
  const fields = (Object.keys(values) as (keyof Changes)[]).filter(field => idOf(before[field]) !== idOf(values[field]))
  if (fields.length === 0) return false
  const changes = fields.map(field => ({ field: fieldOf(field), old: before[field], new: values[field] }))
  Object.assign(client, values)
  record(maker, client, by, at, 'client.changed', { changes })
  return true
}

const idOf = (value: unknown) => value !== null && typeof value === 'object' ? (value as { id: number }).id : value

const activePhones = ({ phones }: Client) => phones.filter(phone => phone.removed_at === null)
const activeEmails = ({ emails }: Client) => emails.filter(email => email.removed_at === null)
const shown = ({ id, display, type }: Phone) => ({ id, display, type })
