import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { visibleLeads } from '../leads/visibility.js'
import type { MessageState } from '../messages/message.js'
import type { TemplateChannel } from '../templates/template.js'
import type { Viewer } from '../web/viewer.js'
import type { Outcome, Tried, Why } from './rule.js'

export const LOG_PAGE = 50

/** A line of the log. Client and lead by name for whoever may see them. */
export interface LoggedRun {
  id: number
  at: Date
  rule: { id: number, name: string }
  outcome: Outcome
  why: Why | null
  tried: Tried[]
  channel: TemplateChannel | null
  dueAt: Date | null
  client: { id: number, name: string } | null
  lead: { id: number, number: string } | null
  message: { id: number, state: MessageState } | null
}

export interface LogFilter { rule: number | null, outcome: string | null, before: number | null }

/** A page of what rules did and didn't do, the newest first. */
export async function listRuns (db: Db, viewer: Viewer, { rule, outcome, before }: LogFilter): Promise<{ runs: LoggedRun[], next: number | null }> {
  const rows = await db('automation_runs as n').join('automation_rules as r', 'r.id', 'n.rule_id')
    .leftJoin(db('clients').modify(visibleTo(viewer)).select('id', 'name').as('c'), 'c.id', 'n.client_id')
    .leftJoin(db('leads').modify(visibleLeads(viewer)).select('id', 'number').as('l'), 'l.id', 'n.lead_id')
    .leftJoin('messages as m', 'm.id', 'n.message_id')
    .modify(query => {
      if (rule !== null) query.where('n.rule_id', rule)
      if (outcome !== null) query.where('n.outcome', outcome)
      if (before !== null) query.where('n.id', '<', before)
    }).orderBy('n.id', 'desc').limit(LOG_PAGE + 1)
    .select('n.id', 'n.at', 'n.outcome', 'n.why', 'n.details', 'n.due_at', 'r.id as rule_id', 'r.name as rule_name', 'c.id as client_id', 'c.name as client_name', 'l.id as lead_id', 'l.number', 'm.id as message_id', 'm.state')
  const runs = rows.slice(0, LOG_PAGE).map((row: any): LoggedRun => ({
    id: row.id, at: row.at, rule: { id: row.rule_id, name: row.rule_name }, outcome: row.outcome, why: row.why, tried: row.details.tried ?? [], channel: row.details.channel ?? null, dueAt: row.due_at,
    client: row.client_id && { id: row.client_id, name: row.client_name }, lead: row.lead_id && { id: row.lead_id, number: row.number }, message: row.message_id && { id: row.message_id, state: row.state }
  }))
  return { runs, next: rows.length > LOG_PAGE ? runs.at(-1)!.id : null }
}
