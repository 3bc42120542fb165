import { transaction } from '../database/transaction.js'
import type { Db } from '../database/knex.js'
import { enqueue } from '../jobs/enqueue.js'
import { queueMessage } from '../messages/queue.js'
import type { Organisation } from '../web/viewer.js'
import { causesOf } from './causes.js'
import { readFacts } from './facts.js'
import { optionsByField, planFor, type Plan, type Ready } from './plan.js'
import { findRuleToRun, listRulesOn } from './queries.js'
import { afterQuiet, zoneOf } from './quiet.js'
import type { Cause, Rule } from './rule.js'

declare module '../jobs/enqueue.js' {
  interface Jobs {
    'automation.match': { events: number[] }
    'automation.send': { runs: number[] }
    'automation.fall_back': { message: number }
  }
}

export type Where = Pick<Organisation, 'country' | 'timeZone'>

const AT_ONCE = 100
const MINUTE = 60_000

/** Where the company is, by whose clock rules go. */
export const findWhere = async (db: Db): Promise<Where | undefined> => db('organisation').first('country', 'time_zone as timeZone') as Promise<Where | undefined>

/** Lets every rule that is on act upon entries of feeds. Done again, it acts on none twice. */
export async function matchEvents (db: Db, events: readonly number[]): Promise<void> {
  const [causes, rules, where] = await Promise.all([causesOf(db, events), listRulesOn(db), findWhere(db)])
  if (!where) return
  for (const rule of rules) await act(db, rule, causes.filter(({ event }) => event === rule.event), where)
}

/** Lets a rule act upon causes, some a transaction: what is sent, what waits and what isn't sent is written down with it, each cause once. */
export async function act (db: Db, rule: Rule, causes: readonly Cause[], where: Where): Promise<void> {
  const fields = causes.length > 0 ? await optionsByField(db) : []
  for (let from = 0; from < causes.length; from += AT_ONCE) {
    const some = causes.slice(from, from + AT_ONCE).filter(({ imported }) => !imported || rule.conditions.imported)
    const facts = await readFacts(db, some)
    const plans: Plan[] = []
    for (const cause of some) plans.push(await planFor(db, rule, cause, facts, fields)) // side by side they would take every connection, and pages wait
    await transaction(db, trx => write(trx, rule, plans, where))
  }
}

async function write (trx: Db, rule: Rule, plans: readonly Plan[], where: Where): Promise<void> {
  if (plans.length === 0) return
  // Whoever is written to is locked, by one process after the other in the same order.
  const ordered = plans.toSorted((a, b) => (a.cause.clientId ?? 0) - (b.cause.clientId ?? 0))
  const due = rule.delayMinutes > 0 ? new Date(Date.now() + rule.delayMinutes * MINUTE) : null
  const rows = ordered.map(({ cause, tried, why, ready }) => {
    // Who can't be reached now may be by then.
    const outcome = why && !(due && why === 'unreachable') ? 'skipped' : due ? 'waiting' : 'queued'
    const details = outcome === 'waiting' ? { cause } : { tried, ...(ready && { channel: ready.way.channel }) }
    return { rule_id: rule.id, cause_key: cause.key, client_id: cause.clientId, lead_id: cause.leadId, outcome, why: outcome === 'skipped' ? why : null, details: JSON.stringify(details), due_at: outcome === 'waiting' ? due : null }
  })
  const made: { id: number, cause_key: string, outcome: string }[] = await trx('automation_runs').insert(rows).onConflict(['rule_id', 'cause_key']).ignore().returning(['id', 'cause_key', 'outcome'])
  const waiting = made.filter(({ outcome }) => outcome === 'waiting').map(({ id }) => id)
  if (due && waiting.length > 0) await enqueue(trx, 'automation.send', { runs: waiting }, { runAt: due })
  const ids = new Map(made.filter(({ outcome }) => outcome === 'queued').map(({ cause_key, id }) => [cause_key, id]))
  for (const { cause, ready } of ordered) {
    const run = ids.get(cause.key)
    if (run !== undefined && ready) await send(trx, rule, run, cause, ready, where)
  }
}

async function send (trx: Db, rule: Rule, run: number, { clientId, leadId }: Cause, { way, to, rendered, e164 }: Ready, where: Where): Promise<void> {
  const now = new Date(), dueAt = afterQuiet(rule, now, zoneOf(e164, where))
  const message: number | undefined = await queueMessage(trx, { id: null }, {
    channel: way.channel, clientId: clientId!, to, text: rendered.text, cause: 'automation', causeId: rule.id, templateId: way.templateId,
    ...(way.channel === 'email' && { subject: rendered.subject, html: rendered.html! }), ...(leadId !== null && { leadId }), ...(dueAt > now && { dueAt })
  })
  await trx('automation_runs').where({ id: run }).update(message === undefined ? { outcome: 'skipped', why: 'client_gone' } : { message_id: message, due_at: dueAt > now ? dueAt : null })
}

/** Carries out what has waited, as everything stands now: what isn't so any more is not sent. Throws the last error once all were tried: one that fails holds up no other. */
export async function sendWaiting (db: Db, runs: readonly number[]): Promise<void> {
  const rows = await db('automation_runs').whereIn('id', runs).where({ outcome: 'waiting' }).select('id', 'rule_id', 'details')
  const where = await findWhere(db)
  let failed: { error: unknown } | undefined
  for (const row of rows) await sendOne(db, row, where).catch(error => { failed = { error } })
  if (failed) throw failed.error
}

async function sendOne (db: Db, { id, rule_id: ruleId, details }: { id: number, rule_id: number, details: { cause: Cause } }, where: Where | undefined): Promise<void> {
  const rule = await findRuleToRun(db, ruleId), cause = details.cause
  const facts = await readFacts(db, [cause])
  const lead = facts.leads.get(cause.leadId ?? 0)
  const movedOn = rule?.event === 'lead.moved' && lead !== undefined && lead.status_id !== cause.to
  const plan = rule && where ? await planFor(db, rule, { ...cause, over: movedOn }, facts, await optionsByField(db)) : null
  await transaction(db, async trx => {
    const run = await trx('automation_runs').where({ id, outcome: 'waiting' }).forUpdate().first('id')
    if (!run) return
    const { ready, why, tried = [] } = plan ?? { why: 'switched_off' as const }
    await trx('automation_runs').where({ id }).update({ outcome: ready ? 'queued' : 'skipped', why: why ?? null, due_at: null, details: JSON.stringify({ tried, ...(ready && { channel: ready.way.channel }) }) })
    if (ready) await send(trx, rule!, id, cause, ready, where!)
  })
}

/** Of a message that failed for good the rule's next channel is tried; when there is none the log says so. */
export async function fallBack (db: Db, messageId: number): Promise<void> {
  const [run, message] = await Promise.all([
    db('automation_runs').where({ message_id: messageId, outcome: 'queued' }).whereRaw("at > now() - interval '3 days'").first('id', 'rule_id', 'client_id', 'lead_id', 'details', 'at'),
    db('messages').where({ id: messageId }).whereIn('state', ['failed', 'bounced', 'refused']).first('channel', 'state')
  ])
  if (!run || !message) return
  const [rule, where] = await Promise.all([findRuleToRun(db, run.rule_id), findWhere(db)])
  const tried = [...run.details.tried ?? [], { channel: message.channel, why: message.state }]
  const left = rule?.ways.slice(rule.ways.findIndex(({ channel }) => channel === message.channel) + 1) ?? []
  const cause: Cause = { key: '', at: run.at, clientId: run.client_id, leadId: run.lead_id, imported: false }
  // What the rule asked was met when it wrote: now only who can still be reached counts.
  const plan = rule && where && left.length > 0 ? await planFor(db, { ...rule, event: 'client.created', conditions: { ...rule.conditions, to: [], statuses: [], words: '' } }, cause, await readFacts(db, [cause]), await optionsByField(db), left) : null
  await transaction(db, async trx => {
    const now = await trx('automation_runs').where({ id: run.id, message_id: messageId, outcome: 'queued' }).forUpdate().first('id')
    if (!now) return
    const details = { tried: [...tried, ...plan?.tried ?? []], ...(plan?.ready && { channel: plan.ready.way.channel }) }
    await trx('automation_runs').where({ id: run.id }).update({ details: JSON.stringify(details), ...(!plan?.ready && { outcome: 'failed', why: rule ? 'all_failed' : 'switched_off' }) })
    if (plan?.ready) await send(trx, rule!, run.id, cause, plan.ready, where!)
  })
}
