import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { attempt } from '../../web/refusal.js'
import { GATEWAY_CHANNELS } from './adapter.js'
import { ADAPTERS, ADAPTER_KEYS, adapterOf } from './adapters.js'
import { channelsTyped, gatewayTyped, readChannelsForm, readGatewayForm, readStrangersForm, readTestForm, testTyped } from './form.js'
import hooks from './hooks/routes.js'
import { hookUrlOf, opener, secretsOf } from './open.js'
import { findGateway, listChannels, listGateways, printChannels, saveChannels, saveStrangers, setRetired, strangersMakeLeads, type GatewayRow } from './queries.js'
import { changeGateway, makeGateway, sendTest } from './settings.js'

type OfGateway = { Params: { gateway: string } }

/** What one gateway's page shows besides it: what was typed and is wrong, and how a test went. */
interface Shown { typed?: Body, errors?: FieldErrors, testTyped?: Body, testErrors?: FieldErrors, result?: object }

/** Settings > Gateways: what SMS, WhatsApp and Viber leave by, and what their providers tell. */
export default async function gateways (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'messages.manage' } as const
  for (const channel of GATEWAY_CHANNELS) app.gatewayOf.set(channel, opener(app, channel))
  await app.register(hooks)

  app.get('/settings/gateways', { config }, async (_request, reply) => showAll(reply, {}, 200))

  app.post('/settings/gateways/channels', { config }, async (request, reply) => {
    const { was } = (request.body ?? {}) as Body
    const form = readChannelsForm(request.body, await choices())
    const { errors } = form.errors ? form : await attempt(db.transaction(trx => saveChannels(trx, viewerOf(request), form.values, String(was))))
    if (errors) return showAll(reply, { typed: form.typed, errors, was: errors.form ? undefined : was }, errors.form ? 409 : 422)
    return reply.flash('settings.saved').goTo('/settings/gateways')
  })

  app.post('/settings/gateways/strangers', { config }, async (request, reply) => {
    const { values } = readStrangersForm(request.body)
    await db.transaction(trx => saveStrangers(trx, viewerOf(request), values?.strangers_make_leads ?? false))
    return reply.flash('settings.saved').goTo('/settings/gateways')
  })

  app.get<{ Querystring: { adapter?: string } }>('/settings/gateways/new', { config }, async (request, reply) => showNew(reply, adapterIn(request.query.adapter), {}, 200))

  app.post('/settings/gateways', { config }, async (request, reply) => {
    const adapter = adapterIn(((request.body ?? {}) as Body).adapter)
    const form = readGatewayForm(adapter, request.body)
    const { made, errors } = form.errors ? { errors: form.errors } : await attempt(makeGateway(app, viewerOf(request), adapter, form.values))
    if (errors) return showNew(reply, adapter, { typed: form.typed, errors: retype(adapter.key, form.typed, errors) }, 422)
    return reply.flash('gateways.added').goTo(`/settings/gateways/${made}`)
  })

  app.get<OfGateway>('/settings/gateways/:gateway', { config }, async (request, reply) => showOne(reply, await one(request), {}, 200))

  app.post<OfGateway>('/settings/gateways/:gateway', { config }, async (request, reply) => {
    const row = await one(request)
    const form = readGatewayForm(adapterOf(row.adapter), request.body)
    const { errors } = form.errors ? form : await attempt(changeGateway(app, viewerOf(request), row, form.values))
    if (errors) return showOne(reply, row, { typed: form.typed, errors: retype(row.adapter, form.typed, errors) }, errors.form ? 409 : 422)
    return reply.flash('settings.saved').goTo(`/settings/gateways/${row.id}`)
  })

  app.post<OfGateway>('/settings/gateways/:gateway/test', { config }, async (request, reply) => {
    const row = await one(request)
    const viewer = viewerOf(request)
    const form = readTestForm(request.body, viewer.organisation.country, adapterOf(row.adapter))
    if (form.errors) return showOne(reply, row, { testTyped: form.typed, testErrors: form.errors }, 422)
    const result = await sendTest(app, viewer, row.id, form.values)
    return showOne(reply, row, { testTyped: form.typed, result }, result.state === 'sent' ? 200 : 422)
  })

  for (const [action, isRetired] of [['retire', true], ['restore', false]] as const) {
    app.post<OfGateway>(`/settings/gateways/:gateway/${action}`, { config }, async (request, reply) => {
      const row = await one(request)
      const { errors } = await attempt(db.transaction(trx => setRetired(trx, viewerOf(request), row.id, isRetired)))
      if (errors) return showOne(reply, row, { errors }, 409)
      return reply.flash(isRetired ? 'gateways.retired' : 'gateways.restored', { name: row.name }, isRetired ? `/settings/gateways/${row.id}/restore` : undefined).goTo('/settings/gateways')
    })
  }

  const one = (request: FastifyRequest<OfGateway>): Promise<GatewayRow> => findGateway(db, idOf(request.params.gateway))

  const choices = async () => (await listGateways(db)).filter(row => row.retired_at === null).map(row => ({ ...row, channels: adapterOf(row.adapter).channels }))

  async function showAll (reply: FastifyReply, { typed, errors = {}, was }: { typed?: Body, errors?: FieldErrors, was?: Body[string] }, status: number) {
    const [all, channels, strangers] = await Promise.all([listGateways(db), listChannels(db), strangersMakeLeads(db)])
    const gateways = all.map(row => ({ ...row, channels: adapterOf(row.adapter).channels, serves: channels.filter(({ gateway_id: id }) => id === row.id).map(({ channel }) => channel) }))
    return reply.page('messages/gateways/index', { gateways, channels, strangers, adapters: ADAPTER_KEYS, typed: typed ?? channelsTyped(channels), errors, was: was ?? printChannels(channels) }, { status })
  }

  const showNew = (reply: FastifyReply, adapter: (typeof ADAPTERS)[string], { typed, errors = {} }: Shown, status: number) =>
    reply.page('messages/gateways/new', { adapter, gateway: null, kept: {}, typed: typed ?? gatewayTyped(adapter, null, ''), errors }, { status })

  async function showOne (reply: FastifyReply, gateway: GatewayRow, { typed, errors = {}, testTyped: sent, testErrors = {}, result }: Shown, status: number) {
    const adapter = adapterOf(gateway.adapter)
    const [channels, secrets, hookUrl] = await Promise.all([listChannels(db), secretsOf(app.sealer, gateway), hookUrlOf(app, gateway)])
    const kept = Object.fromEntries(Object.keys(secrets ?? {}).map(name => [name, true]))
    return reply.page('messages/gateways/show', {
      adapter, gateway, kept, hookUrl, isSealed: secrets === undefined, serves: channels.filter(({ gateway_id: id }) => id === gateway.id).map(({ channel }) => channel),
      typed: typed ?? gatewayTyped(adapter, gateway, ''), errors, testTyped: testTyped(sent ?? null, gateway, channels), testErrors, result
    }, { status })
  }
}

function adapterIn (key: unknown) {
  const adapter = typeof key === 'string' && Object.hasOwn(ADAPTERS, key) ? ADAPTERS[key] : undefined
  if (!adapter) throw new NotFound()
  return adapter
}

// What was typed into a secret is gone with the page, and an empty field would mean the old one.
function retype (adapter: string, typed: Body, errors: FieldErrors): FieldErrors {
  const secrets = adapterOf(adapter).fields.filter(({ name, kind }) => kind === 'secret' && typed[name] && !errors[name])
  return { ...errors, ...Object.fromEntries(secrets.map(({ name }) => [name, { key: 'mail.password_retype' }])) }
}
