import type { Db } from '../database/knex.js'
import { shapeOf } from '../form-editor/shape.js'
import { renderTemplate, type Rendered } from '../templates/render.js'
import type { Facts } from './facts.js'
import { reach, whyNot, type Contact, type OptionsByField } from './match.js'
import type { Cause, Rule, Tried, Way, Why } from './rule.js'

/** What comes of a cause: a message that is ready to go, or why there is none. */
export type Plan = { cause: Cause, tried: Tried[] } & ({ ready: Ready, why?: undefined } | { ready?: undefined, why: Why })
export interface Ready { way: Way, to: Contact, rendered: Rendered, e164: string | null }

/** The options of each field of choice, so that conditions on one field are one. */
export async function optionsByField (db: Db): Promise<OptionsByField> {
  const shapes = await Promise.all([shapeOf(db, 'client'), shapeOf(db, 'lead')])
  return shapes.flatMap(({ fields }) => fields).map(({ options }) => options.map(({ id }) => id)).filter(ids => ids.length > 0)
}

/** What a rule makes of a cause now. `ways`: of these alone, after those that failed. A message with a hole in it is none: its channel is left out, as one that is switched off. */
export async function planFor (db: Db, rule: Rule, cause: Cause, { clients, leads }: Facts, fields: OptionsByField, ways: readonly Way[] = rule.ways): Promise<Plan> {
  const client = clients.get(cause.clientId ?? 0) ?? null, lead = leads.get(cause.leadId ?? 0) ?? null
  const why = whyNot(rule, cause, client, lead, fields)
  if (why || !client) return { cause, tried: [], why: why ?? 'no_client' }
  const { open, tried } = reach(ways, client)
  for (const { way, to } of open) {
    const rendered = await renderTemplate(db, { templateId: way.templateId, clientId: client.id, leadId: lead?.id ?? null, employeeId: lead?.manager_id ?? null })
    if (rendered.empty.length === 0 && rendered.text !== '') return { cause, tried: inOrder(tried, ways), ready: { way, to, rendered, e164: client.e164 } }
    tried.push({ channel: way.channel, why: 'empty', names: rendered.empty })
  }
  return { cause, tried: inOrder(tried, ways), why: 'unreachable' }
}

const inOrder = (tried: readonly Tried[], ways: readonly Way[]): Tried[] => tried.toSorted((a, b) => placeOf(a, ways) - placeOf(b, ways))
const placeOf = ({ channel }: Tried, ways: readonly Way[]) => ways.findIndex(way => way.channel === channel)
