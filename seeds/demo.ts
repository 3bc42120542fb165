import type { Knex } from 'knex'
import { writeAudit } from './demo/audit.js'
import { makeCalls } from './demo/calls.js'
import { DEMO_COMPANY, DEMO_EMAILS, makeCompany } from './demo/company.js'
import { furnish } from './demo/example.js'
import { attachFiles } from './demo/files.js'
import type { Storage } from '../src/files/storage/storage.js'
import { addManyClients } from './demo/many.js'
import { putPins } from './demo/pins.js'
import { streamClients } from './demo/stream.js'
import { makeHours, makeTasks } from './demo/tasks.js'
import { giveLeadValues, shapeLeads } from './demo/lead-fields.js'
import { makeLeads } from './demo/leads.js'
import { writeLetters } from './demo/letters.js'
import { writeTexts } from './demo/messages.js'
import { holdTalks } from './demo/talks.js'
import { makeNotifications } from './demo/notifications.js'
import { noteForDuplicates } from './demo/twins.js'
import { makeRules, writeTemplates } from './demo/templates.js'
import { keepViews } from './demo/views.js'
import { dayOf } from '../src/web/zone.js'

export { DEMO_EMAILS, DEMO_PASSWORD } from './demo/company.js'

export interface ExampleOptions {
  /** The owner's id: who did everything. */
  by: number
  clients?: number
  seed?: number
  until?: Date
}

/**
 * Fills a fresh installation with an example to look at: campaigns, tags, locations, and clients with the names and numbers of
 * the company's country. One transaction: all of it or nothing.
 */
export async function seedExample (db: Knex, { by, clients = 60, seed = 3, until = new Date() }: ExampleOptions): Promise<void> {
  await db.transaction(async trx => {
    const shop = await furnish(trx, by, until)
    await streamClients(trx, shop, { count: clients, seed })
  })
}

export interface DemoOptions {
  clients?: number
  /** So many of them have a life of their own; all others are made by the hundred thousand. */
  rich?: number
  /** The same seed and the same `until` give the same clients. */
  seed?: number
  /** The demo's today. */
  until?: Date
  log?: (message: string) => void
  /** Where the files of some clients go; without it there are none. */
  storage?: Storage
}

/**
 * Fills an empty migrated database with the demo company: three locations, nine employees (one has left), and clients with three
 * years of history. Large numbers go in chunks, so the company's own row is written last: without it the demo isn't whole.
 */
export async function seedDemo (db: Knex, { clients = 12_000, rich = 12_000, seed = 7, until = new Date(), log, storage }: DemoOptions = {}): Promise<void> {
  const shop = await db.transaction(async trx => {
    const made = await makeCompany(trx, until)
    await writeAudit(trx, made.staff, until)
    await writeTemplates(trx, made)
    return made
  })
  await streamClients(db, shop, { count: Math.min(clients, rich), seed, imported: 0.05, twins: true, alone: true, ...(log && { log }) })
  if (clients > rich) await db.transaction(trx => addManyClients(trx, shop, { count: clients - rich, seed, ...(log && { log }) }))
  const today = dayOf(until, DEMO_COMPANY.time_zone)
  await db.transaction(async trx => {
    await makeTasks(trx, shop, today)
    await makeHours(trx, shop, today)
  })
  await db.transaction(async trx => {
    await shapeLeads(trx)
    await makeLeads(trx, shop, Math.min(LEADS, Math.ceil(clients / 8)))
    await giveLeadValues(trx)
    await makeNotifications(trx, until)
    await makeCalls(trx, shop, until)
  })
  await db.transaction(async trx => {
    await writeLetters(trx, shop, until)
    await writeTexts(trx, shop, until)
    await holdTalks(trx, shop, until)
  })
  await putPins(db)
  await noteForDuplicates(db)
  await db.transaction(trx => keepViews(trx, shop))
  await db.transaction(trx => makeRules(trx))
  if (storage) await attachFiles(db, storage, until)
  await db('organisation').insert({ id: 1, ...DEMO_COMPANY, created_at: new Date(shop.calendar.start) })
  // Lists are read from indexes alone only after a vacuum, and planned well only after an analyze.
  for (const table of TABLES) await db.raw(`vacuum (analyze) ${table}`)
}

/** What `findDemo` may find. `started`: its seeding was broken off. `foreign`: somebody's own data. */
export type DemoState = 'empty' | 'started' | 'whole' | 'foreign'

/** Whether this database holds the demo. */
export async function findDemo (db: Knex): Promise<DemoState> {
  const ours = await db('employees').whereIn('email', DEMO_EMAILS).first('id')
  const organisation = await db('organisation').first('id')
  if (ours) return organisation ? 'whole' : 'started'
  const someone = await db('employees').first('id') ?? await db('clients').first('id')
  return organisation || someone ? 'foreign' : 'empty'
}

/** Takes back what an interrupted seedDemo left. */
export async function emptyDemo (db: Knex): Promise<void> {
  await db.raw(`truncate ${TABLES.join(', ')} restart identity cascade`)
  await db('lead_counters').delete()
  await db('phone_types').whereNull('key').delete()
  await db('fields').delete()
  await db('gateways').delete() // not truncated: with it would go which channel is served by what
  await db('form_sections').whereRaw("labels <> '{}'").delete()
}

const LEADS = 1500

const TABLES = ['employees', 'employee_locations', 'locations', 'campaigns', 'tags', 'price_types', 'clients', 'client_words', 'client_tags', 'client_phones', 'client_emails', 'client_values', 'consent_wordings', 'consents', 'events', 'tasks', 'leads', 'lead_phones', 'lead_moves', 'lead_values', 'location_hours', 'location_closed_days', 'list_views', 'list_defaults', 'templates', 'template_texts', 'template_roles', 'mail_settings', 'conversations', 'messages', 'message_fates', 'mailings', 'mailing_recipients', 'automation_rules', 'automation_channels', 'automation_runs']
