import type { Chance } from '../chance.js'
import type { Ids } from '../client.js'
import { makeMany, wordingOf, type Made } from './make.js'
import { Sheet } from './sheet.js'
import type { Stock } from './stock.js'
import { wordsOf } from './words.js'

/** The tables that many clients fill, and the columns that are written to them. */
export const COLUMNS = {
  clients: 'id, kind, first_name, surname, company_name, is_supplier, is_conflicted, conflict_reason, address, campaign_id, location_id, discount_services, price_type_services_id, note, search_names, search_contacts, version, created_at, created_by, active_at, archived_at',
  client_tags: 'client_id, tag_id',
  client_phones: 'id, client_id, position, type_id, typed, e164, display, digits, whatsapp',
  client_emails: 'id, client_id, position, address, agrees',
  client_values: 'client_id, field_id, position, text_value, number_value, day_value, moment_value, option_id, unique_key',
  consents: 'id, client_id, phone_id, email_id, channel, address, given, at, employee_id, source, how, wording_id',
  events: 'id, client_id, kind, employee_id, at, version, details',
  client_words: 'client_id, marks, word, name, contact, archived, supplier'
} as const

export type Table = keyof typeof COLUMNS
export const TABLES = Object.keys(COLUMNS) as Table[]

/** Some clients as lines for COPY, and how many are made with them. */
export interface Batch { lines: Record<Table, Uint8Array<ArrayBuffer>>, clients: number }

const BATCH = 2000
const NAME = 40

/** Makes `count` clients, and gives them by the thousand as lines. */
export function * manyLines (stock: Stock, ids: Ids, chance: Chance, count: number): Generator<Batch> {
  const sheets = each(() => new Sheet())
  let clients = 0
  for (const client of makeMany(stock, ids, chance, count)) {
    write(sheets, client, stock)
    if (++clients % BATCH === 0 || clients === count) yield { lines: each(table => sheets[table].take()), clients }
  }
}

const each = <T>(of: (table: Table) => T) => Object.fromEntries(TABLES.map(table => [table, of(table)])) as Record<Table, T>

function write (sheets: Record<Table, Sheet>, client: Made, stock: Stock): void {
  const { id, folded } = client
  const created = client.created_at.toISOString(), active = client.active_at === client.created_at ? created : client.active_at.toISOString()
  const names = namesOf(client, stock), contacts = contactsOf(client)
  sheets.clients.row(id, client.kind, client.first_name, client.surname, client.company_name, client.is_supplier, client.is_conflicted, client.conflict_reason, client.address, client.campaign_id, client.location_id,
    client.discount_services, client.price_type_services_id, client.note, names, contacts, client.events.length, created, client.created_by, active, client.archived_at)
  for (const tag of client.tags) sheets.client_tags.row(id, tag.id)
  for (const phone of client.phones) sheets.client_phones.row(phone.id, id, phone.position, phone.type_id, phone.typed, phone.e164, phone.display, phone.digits, phone.whatsapp)
  for (const email of client.emails) sheets.client_emails.row(email.id, id, 0, email.address, email.agrees)
  for (const value of client.values) {
    sheets.client_values.row(id, value.field_id, value.position, value.text_value, value.number_value, value.day_value, value.moment_value, value.option_id, value.unique_key)
  }
  for (const consent of client.consents) {
    sheets.consents.row(consent.id, id, consent.phone_id, consent.email_id, consent.channel, consent.address, true, created, client.created_by, 'form', client.how, wordingOf(stock, consent, client))
  }
  for (const { id: event, kind, employee_id: by, at, version, details } of client.events) sheets.events.row(event, id, kind, by, at === client.created_at ? created : at, version, JSON.stringify(details))
  const nameKey = client.kind === 'company' ? folded.company : `${folded.first} ${folded.surname}`
  const { marks, words, contact } = wordsOf(names, contacts, nameKey)
  const name = nameKey.slice(0, NAME), archived = client.archived_at !== null
  for (let n = 0; n < words.length; n++) sheets.client_words.row(id, marks, words[n], name, contact[n], archived, client.is_supplier)
}

// What refresh_client_search() makes of a client, its tags and its own fields.
function namesOf ({ folded: { first, surname, company }, tags, values }: Made, { own }: Stock): string {
  let text = `${company} ${first} ${surname}`
  for (const { folded } of [...tags].sort((a, b) => a.folded < b.folded ? -1 : 1)) text += ` ${folded}`
  for (const { field_id: field, text_value: written } of values) {
    if (written !== undefined && own.find(({ id }) => id === field)!.searched) text += ` ${written.toLowerCase()}`
  }
  return text
}

// Each number with its country's code and without: a "+48 600 123 456" has a code of two digits.
function contactsOf ({ phones, emails }: Made): string {
  let text = ''
  for (const { digits, display } of phones) text += `${text && ' '}${digits} ${digits.slice(display.indexOf(' ') - 1)}`
  for (const { address } of emails) text += ` ${address}`
  return text
}
