import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { visibleLeads } from '../leads/visibility.js'
import type { TemplateChannel } from '../templates/template.js'
import type { Viewer } from '../web/viewer.js'
import { causesIn } from './causes.js'
import { readFacts } from './facts.js'
import { optionsByField, planFor, type Plan } from './plan.js'
import type { Rule, Why } from './rule.js'

/** How far back a rule is tried, and of how many causes at most. */
export const TRIED_DAYS = 30
export const MOST_TRIED = 500
const SAMPLE = 8

export interface TriedCause { plan: Plan, client: { id: number, name: string } | null, lead: { id: number, number: string } | null }

/** What a rule would have done: how many messages on which channel, how many not and why, and some of each. */
export interface Trial {
  looked: number
  /** There were more; the newest were looked at. */
  more: boolean
  sent: [channel: TemplateChannel, count: number][]
  not: [why: Why, count: number][]
  would: TriedCause[]
  wouldNot: TriedCause[]
}

/** Tries a rule on what happened in the last thirty days, with clients and leads as they are now. Nothing is sent or written. */
export async function tryRule (db: Db, viewer: Viewer, rule: Rule, now = new Date()): Promise<Trial> {
  const found = await causesIn(db, rule, { from: new Date(now.getTime() - TRIED_DAYS * 86_400_000), to: now, limit: MOST_TRIED + 1, anew: false }, viewer.organisation.timeZone)
  const causes = found.slice(0, MOST_TRIED)
  const [facts, fields] = await Promise.all([readFacts(db, causes), optionsByField(db)])
  const plans: Plan[] = []
  // A few at a time: others need the database too.
  for (let from = 0; from < causes.length; from += 4) plans.push(...await Promise.all(causes.slice(from, from + 4).map(cause => planFor(db, rule, cause, facts, fields))))
  const would = plans.filter(({ ready }) => ready), wouldNot = plans.filter(({ why }) => why)
  // Of each reason the first few, so that none hides the others.
  const reasons = tally(wouldNot.map(({ why }) => why!))
  const shown = [...would.slice(0, SAMPLE), ...reasons.flatMap(([why]) => wouldNot.filter(plan => plan.why === why).slice(0, 3))]
  const named = await name(db, viewer, shown)
  return {
    looked: causes.length, more: found.length > MOST_TRIED, sent: tally(would.map(({ ready }) => ready!.way.channel)), not: reasons,
    would: named.filter(({ plan }) => plan.ready), wouldNot: named.filter(({ plan }) => plan.why)
  }
}

function tally<T> (values: readonly T[]): [T, number][] {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

async function name (db: Db, viewer: Viewer, plans: readonly Plan[]): Promise<TriedCause[]> {
  const ids = (of: 'clientId' | 'leadId') => plans.flatMap(({ cause }) => cause[of] ?? [])
  const [clients, leads]: [{ id: number, name: string }[], { id: number, number: string }[]] = await Promise.all([
    db('clients').whereRaw('clients.id = any (?)', [ids('clientId')]).modify(visibleTo(viewer)).select('id', 'name'), db('leads').whereRaw('leads.id = any (?)', [ids('leadId')]).modify(visibleLeads(viewer)).select('id', 'number')
  ])
  return plans.map(plan => ({ plan, client: clients.find(({ id }) => id === plan.cause.clientId) ?? null, lead: leads.find(({ id }) => id === plan.cause.leadId) ?? null }))
}
