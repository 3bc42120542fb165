import { readClientFilter } from '../clients/list/filter.js'
import { listClients } from '../clients/list/queries.js'
import { seesContacts } from '../clients/masking.js'
import { seesClients, visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { seesLeads, visibleLeads } from '../leads/visibility.js'
import type { Language, Viewer } from '../web/viewer.js'
import { namesIn, parseTemplate, type Value } from './engine.js'
import { versionFor } from './language.js'
import { renderFor, renderText, type Rendered } from './render.js'
import type { TemplateChannel, TemplateTexts } from './template.js'
import { maskContext, readContext, valuesIn } from './values.js'
import { listVariables, type Variable } from './variables.js'

export interface Found { id: number, name: string }

/** A text as a client would get it; without any client to show (or the right to see one), with what each variable is called in its place. */
export interface Preview { client: Found | null, lead: { id: number, number: string } | null, rendered: Rendered }

export interface Draft { channel: TemplateChannel, texts: TemplateTexts }

/** What was chosen beside the draft: whom to show it for and in which language, unless theirs. */
export interface Choice { clientId: number | null, language: Language | null }

/** Shows a draft for a client of the viewer's to see: the one chosen, else the one they dealt with last, of whom there is a lead when the text speaks of one. */
export async function previewOf (db: Db, viewer: Viewer, { channel, texts }: Draft, { clientId, language }: Choice, wordsFor: (variable: Variable) => string): Promise<Preview> {
  const speaksOfLeads = Object.values(texts).some(({ subject, body }) => [subject, body].some(text => namesIn(parseTemplate(text).pieces ?? []).some(name => name.startsWith('lead.'))))
  const client = seesClients(viewer) ? await findClientToShow(db, viewer, clientId, speaksOfLeads) : null
  const lead = client && seesLeads(viewer) ? await db('leads').where({ client_id: client.id }).whereNull('archived_at').modify(visibleLeads(viewer)).orderBy('id', 'desc').first('id', 'number') : null
  const read = await readContext(db, { clientId: client?.id ?? null, leadId: lead?.id ?? null, employeeId: viewer.id })
  const context = seesContacts(viewer) ? read : maskContext(read)
  if (client) return { client, lead: lead ?? null, rendered: renderFor({ channel, texts }, context, language ?? undefined) }
  const shown = versionFor(texts, language ?? viewer.organisation.language, viewer.organisation.language)
  const values = new Map<string, Value>([...listVariables(context.shapes).map(variable => [variable.name, { words: `‹${wordsFor(variable)}›`, holds: true }] as const), ...[...valuesIn(shown, context)].filter(([, { words }]) => words !== '')])
  return { client: null, lead: null, rendered: renderText(channel, texts[shown] ?? { subject: '', body: '' }, values, shown) }
}

async function findClientToShow (db: Db, viewer: Viewer, id: number | null, withLead: boolean): Promise<Found | null> {
  const clients = () => db('clients').modify(visibleTo(viewer))
  const chosen = id === null ? undefined : await clients().where('clients.id', id).first('id', 'name')
  if (chosen) return chosen
  const ofLead = withLead && seesLeads(viewer) ? await db('leads').whereNotNull('leads.client_id').whereNull('leads.archived_at').modify(visibleLeads(viewer)).orderBy('leads.created_at', 'desc').limit(20).pluck('leads.client_id') : []
  const last = ofLead.length > 0 ? await clients().whereIn('clients.id', ofLead).first('id', 'name') : undefined
  return last ?? await clients().whereNull('archived_at').orderBy([{ column: 'active_at', order: 'desc' }, { column: 'clients.id', order: 'desc' }]).first('id', 'name') ?? null
}

const MOST = 6

/** Clients that are found by what was typed, the best first; none when nothing was. */
export async function findMatches (db: Db, viewer: Viewer, typed: string): Promise<Found[]> {
  const q = typed.trim().slice(0, 100)
  if (q === '' || !seesClients(viewer)) return []
  const { rows } = await listClients(db, viewer, readClientFilter({ q }), { columns: [], fields: [] })
  return rows.slice(0, MOST).map(row => ({ id: row.id, name: row.read().name }))
}
