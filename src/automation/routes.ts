import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { KINDS } from '../clients/client.js'
import { listFilterChoices } from '../clients/list/queries.js'
import { transaction } from '../database/transaction.js'
import { isChoice } from '../form-editor/definition.js'
import { listOwnFields } from '../form-editor/shape.js'
import { together } from '../jobs/together.js'
import { listStatuses } from '../leads/statuses.js'
import { listTypes } from '../leads/types.js'
import { wording } from '../leads/wording.js'
import { AlarmClock } from '../notifications/ring.js'
import { listTemplates } from '../templates/queries.js'
import { MANAGES } from '../templates/rights.js'
import { TEMPLATE_CHANNELS } from '../templates/template.js'
import { idOf, typedText, type Body, type FieldErrors } from '../web/form.js'
import { NotFound } from '../web/errors.js'
import { hourly } from '../web/hourly.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from '../web/refusal.js'
import { fallBack, matchEvents, sendWaiting } from './act.js'
import { tick } from './clock.js'
import { NEW_RULE, readLogFilter, readRuleForm, ruleTyped, UNITS, WAYS } from './form.js'
import { listRuns } from './log.js'
import { changeRule, countRuns, createRule, findRule, forgetOldRuns, listDateFields, listRules, RuleChanged, setOn, setRemoved } from './queries.js'
import { eventKey, EVENTS, OUTCOMES, type Rule } from './rule.js'
import { TRIED_DAYS, tryRule } from './trying.js'

const URL = '/settings/notifications/clients'
const AT_ONCE = 50
type OfOne = { Params: { id: string } }
interface Shown { typed: Body, errors: FieldErrors }

/** Settings > Notifications > Clients: messages that write themselves, tried before they are switched on, and the log of what was and wasn't sent. */
export default async function automation (app: FastifyInstance) {
  const { db } = app
  const config = { can: MANAGES } as const

  // Left by entries of feeds and by messages that failed: see migrations/0040_automate_messages.ts. Those of many entries are done in
  // transactions of their own, so that no client is locked for long: what was acted on before is not acted on again.
  app.job('automation.match', together(db, 'automation.match', AT_ONCE, async () => (_trx, events) => matchEvents(db, events)))
  app.job('automation.send', async ({ runs }) => sendWaiting(db, runs))
  app.job('automation.fall_back', async ({ message }) => fallBack(db, message))
  const clock = new AlarmClock(() => tick(db), error => app.log.warn({ err: error }, 'what came due could not be written to clients'))
  app.addHook('onListen', async () => clock.start())
  app.addHook('onClose', async () => clock.stop())
  hourly(app, () => forgetOldRuns(db), 'old lines of the log of automation could not be cleared away')

  app.get(URL, { config }, async (_request, reply) => {
    const [rules, runs] = await Promise.all([listRules(db), countRuns(db)])
    return reply.page('automation/index', { rules, runs, eventKey }, { fragment: 'automation/_list' })
  })

  app.get(`${URL}/new`, { config }, async (request, reply) => showForm(request, reply, null, { typed: NEW_RULE, errors: {} }, 200))

  app.post(URL, { config }, async (request, reply) => {
    const form = readRuleForm(request.body)
    if (form.errors) return showForm(request, reply, null, form, 422)
    const { made, errors } = await attempt(transaction(db, trx => createRule(trx, viewerOf(request), form.values)))
    if (errors) return showForm(request, reply, null, { typed: form.typed, errors }, 422)
    return reply.flash('automation.saved_off', { name: made.name }).goTo(`${URL}/${made.id}/try`)
  })

  app.get(`${URL}/log`, { config }, async (request, reply) => {
    const filter = readLogFilter(request.query, OUTCOMES)
    const [page, rules] = await Promise.all([listRuns(db, viewerOf(request), filter), listRules(db)])
    return reply.page('automation/log', { ...page, filter, rules, OUTCOMES, variables: [] }, { fragment: 'automation/_log' })
  })

  app.get<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const rule = await findRule(db, idOf(request.params.id))
    return showForm(request, reply, rule, { typed: ruleTyped(rule), errors: {} }, 200)
  })

  app.post<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const rule = await findRule(db, idOf(request.params.id))
    const form = readRuleForm(request.body)
    if (form.errors) return showForm(request, reply, rule, form, 422)
    try {
      const { made, errors } = await attempt(transaction(db, trx => changeRule(trx, viewer, rule.id, form.values, idOf(typedText(form.typed, 'version')))))
      if (errors) return await showForm(request, reply, rule, { typed: form.typed, errors }, 422)
      return rule.onSince ? reply.flash('choices.saved', { name: made.name }).goTo(URL) : reply.flash('automation.saved_off', { name: made.name }).goTo(`${URL}/${rule.id}/try`)
    } catch (error) {
      if (!(error instanceof RuleChanged)) throw error
      return showForm(request, reply, error.now, { typed: { ...form.typed, version: String(error.now.version) }, errors: { form: { key: 'choices.changed_meanwhile', values: { name: error.now.name } } } }, 409)
    }
  })

  app.get<OfOne>(`${URL}/:id/try`, { config }, async (request, reply) => showTrial(request, reply, {}, 200))

  app.post<OfOne>(`${URL}/:id/on`, { config }, async (request, reply) => {
    const { made, errors } = await attempt(transaction(db, trx => setOn(trx, viewerOf(request), idOf(request.params.id), true)))
    return errors ? showTrial(request, reply, errors, 422) : reply.flash('automation.is_on', { name: made.name }, `${URL}/${made.id}/off`).goTo(URL)
  })
  app.post<OfOne>(`${URL}/:id/off`, { config }, async (request, reply) => {
    const rule = await transaction(db, trx => setOn(trx, viewerOf(request), idOf(request.params.id), false))
    return reply.flash('automation.is_off', { name: rule.name }).goTo(URL)
  })
  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<OfOne>(`${URL}/:id/${action}`, { config }, async (request, reply) => {
      const rule = await transaction(db, trx => setRemoved(trx, viewerOf(request), idOf(request.params.id), removed))
      return reply.flash(removed ? 'automation.is_removed' : 'automation.is_restored', { name: rule.name }, removed ? `${URL}/${rule.id}/restore` : undefined).goTo(URL)
    })
  }

  async function showTrial (request: FastifyRequest<OfOne>, reply: FastifyReply, errors: FieldErrors, status: number) {
    const rule = await findRule(db, idOf(request.params.id))
    if (rule.removed) throw new NotFound()
    const trial = await tryRule(db, viewerOf(request), rule)
    return reply.page('automation/try', { rule, trial, errors, TRIED_DAYS, eventKey, variables: [] }, { fragment: 'automation/_trial', status })
  }

  async function showForm (request: FastifyRequest, reply: FastifyReply, rule: Rule | null, form: Shown, status: number) {
    const { formVersions } = viewerOf(request)
    const [templates, choices, types, statuses, dates, clientFields, leadFields] = await Promise.all([
      listTemplates(db), listFilterChoices(db), listTypes(db), listStatuses(db), listDateFields(db), listOwnFields(db, 'client', formVersions), listOwnFields(db, 'lead', formVersions)
    ])
    const held = new Set(rule?.ways.map(({ templateId }) => templateId))
    const fields = [...clientFields.map(field => ({ ...field, subject: 'client' })), ...leadFields.map(field => ({ ...field, subject: 'lead' }))].filter(({ kind }) => isChoice(kind))
    return reply.page('automation/rule', {
      ...wording(request), ...form, rule, EVENTS, eventKey, KINDS, UNITS: Object.keys(UNITS), WAYS, CHANNELS: TEMPLATE_CHANNELS, types, statuses, choices, dates, fields,
      templates: templates.filter(({ archived, id }) => !archived || held.has(id))
    }, { fragment: 'automation/_form', status })
  }
}
