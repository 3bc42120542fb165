import { prepared, type Db } from '../database/knex.js'
import { isToken } from '../database/once.js'
import { keepable } from '../database/words.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { writeValues } from '../form-editor/values.js'
import type { Restarts } from '../lead-settings/template.js'
import type { Organisation } from '../web/viewer.js'
import type { LeadFields } from './form.js'
import type { LeadStatus } from './lead.js'
import { lateFrom } from './limit.js'
import { readNumbering } from './number.js'
import { ChoiceGone } from './queries.js'
import { SEES_LEADS } from './visibility.js'

/** Who makes a lead: an employee, or nobody (a missed call). */
export interface Maker { id: number | null, organisation: Pick<Organisation, 'timeZone'> }

export interface NewLead extends LeadFields { client_id?: number | null, own?: readonly OwnWrite[] }

export interface MakingOptions {
  /** Where it comes from, as its feed tells it. */
  source?: string
  /** Of the form that is sent: the second to send it waits for the first and is given the lead that is there. See `once`. */
  token?: unknown
}

/** The lead that was made; or, when its form was sent before, that was made then. */
export interface Made { id: number, number: string, isNew: boolean }

/** On what terms a lead begins: its first status and how long it may stay there, what its number is made with, and who is told. */
interface Terms { status: number, minutes: number | null, clock: LeadStatus['limitClock'], template: string, restarts: Restarts, year: number, month: number, code: string | null }

/** The terms that held last, their version, and with which campaigns and managers they have been used: as long as that version holds, those are on offer. */
interface Known { terms: Terms, numbering: ReturnType<typeof readNumbering>, version: string, with: Set<string> }

/** By database (its settings are one object for Knex and all its transactions), type, location and time zone. Terms that don't hold any more make no lead. */
const known = new WeakMap<object, Map<string, Known>>()
const MOST = 1000

const TRIES = 5

/** What make_lead() is given, as migration 0057 names it. */
const GIVEN = [
  'token', 'by', 'zone', 'sees', 'source', 'terms', 'version', 'period', 'before', 'width', 'after', 'since', 'late', 'type', 'name', 'campaign', 'comment', 'due', 'urgent', 'location', 'manager', 'client', 'phones', 'digits'
] as const
type Given = Partial<Record<(typeof GIVEN)[number], unknown>>
const MAKE = `select * from make_lead(${GIVEN.map(name => `given_${name} => ?`).join(', ')})`

/**
 * Makes a lead in the first status of its type, with its number, history and feed, by one call (make_lead() of migration 0057): others wait from when its number is
 * taken until it is kept or given back. Outside a transaction it is one by itself; values of own fields need one. Throws ChoiceGone, and what writeValues does.
 */
export async function createLead (db: Db, by: Maker, { own = [], ...lead }: NewLead, { source = 'form', token }: MakingOptions = {}): Promise<Made> {
  if (own.length > 0 && !db.isTransaction) throw new Error('A lead with own fields is made in a transaction')
  const zone = by.organisation.timeZone
  const kept = known.get(db.client.config) ?? new Map<string, Known>()
  known.set(db.client.config, kept)
  const [key, choices] = [`${lead.type_id} ${lead.location_id} ${zone}`, `${lead.campaign_id} ${lead.manager_id}`]
  for (let tries = 0; tries < TRIES; tries++) {
    const held = kept.get(key)
    const { rows: [row] } = await prepared(db, MAKE, valuesOf({
      ...written(lead), ...held && { ...held.numbering, ...await lateness(db, by, lead, held.terms) }, terms: held ? JSON.stringify(held.terms) : null, version: held?.with.has(choices) ? held.version : null,
      by: by.id, zone, sees: SEES_LEADS, source, token: isToken(token) ? token : null
    }))
    if (row.gone) throw new ChoiceGone(row.gone)
    if (row.terms_version) keep(kept, key, { ...row.terms ? { terms: row.terms, numbering: readNumbering(row.terms) } : held!, version: row.terms_version, with: new Set([choices]) })
    if (!row.terms) {
      if (row.is_new) await writeValues(db, 'lead', row.lead_id, own)
      return { id: row.lead_id, number: row.lead_number, isNew: row.is_new }
    }
  }
  throw new Error('The terms on which leads begin change all the time')
}

function keep (kept: Map<string, Known>, key: string, found: Known): void {
  const held = kept.get(key)
  if (held?.terms === found.terms && held.version === found.version && held.with.size < MOST) return found.with.forEach(choices => held.with.add(choices))
  if (kept.size >= MOST) kept.clear()
  kept.set(key, found)
}

function written ({ phones, client_id = null, ...lead }: NewLead): Given {
  const numbers = phones.flatMap(({ number }, position) => number ? [{ position, ...number }] : [])
  return {
    type: lead.type_id, name: lead.contact_name, campaign: lead.campaign_id, comment: lead.comment, due: lead.due_at, urgent: lead.urgent, location: lead.location_id, manager: lead.manager_id, client: client_id,
    phones: JSON.stringify(numbers, (_, value) => typeof value === 'string' ? keepable(value) : value), digits: numbers.map(({ digits }) => ` ${digits}`).join('')
  }
}

const valuesOf = (given: Given): unknown[] => GIVEN.map(name => typeof given[name] === 'string' ? keepable(given[name]) : given[name] ?? null)

/** Until when it may stay in its status, from when, where working hours count; else the database itself knows. */
async function lateness (db: Db, { organisation }: Maker, { location_id: location }: NewLead, { minutes, clock }: Terms): Promise<Given> {
  if (minutes === null || clock === 'always' || location === null) return {}
  const { rows: [{ since }] } = await db.raw('select clock_timestamp() as since')
  return { since, late: await lateFrom(db, organisation.timeZone, { limitMinutes: minutes, limitClock: clock }, since, location) }
}
