import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { idOf, oneOf, optionalId, readForm, text, tick, type Body, type FieldErrors } from '../../web/form.js'
import { NotFound } from '../../web/errors.js'
import { SIMULATOR, SIMULATOR_SECRET } from '../hooks/routes.js'
import { SIMULATED } from './sample.js'

const URL = '/settings/telephony/simulator'
const STEPS = ['answered', 'ended', 'missed'] as const

const ringForm = z.object({ number: text(60) })
const stepForm = z.object({ state: oneOf(STEPS), employee: optionalId, recorded: tick })

/** A telephone to try all of it with: what it does comes in as any telephone system's messages do. */
export default async function simulator (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get(URL, { config }, async (_request, reply) => reply.page('calls/simulator/index', await shown(), { fragment: 'calls/simulator/_simulator' }))

  app.post(URL, { config }, async (request, reply) => {
    const form = readForm(ringForm, request.body)
    if (form.errors) return reply.page('calls/simulator/index', await shown(form), { status: 422, fragment: 'calls/simulator/_simulator' })
    await send({ call_id: randomUUID(), state: 'ringing', caller: form.values.number, called: '' })
    return reply.goTo(URL)
  })

  app.post<{ Params: { call: string } }>(`${URL}/:call`, { config }, async (request, reply) => {
    const call = await db('calls').where({ id: idOf(request.params.call) ?? 0, adapter: 'simulator' }).first('provider_id')
    if (!call) throw new NotFound()
    const form = readForm(stepForm, request.body)
    if (form.errors) return reply.page('calls/simulator/index', await shown(form), { status: 422, fragment: 'calls/simulator/_simulator' })
    const { state, employee, recorded } = form.values
    const extension = employee === null ? '' : await extensionOf(employee)
    await send({ call_id: call.provider_id, state, extension, ...(recorded && { recording_url: `${SIMULATED}${call.provider_id}` }) })
    return reply.goTo(URL)
  })

  /** Sends what a telephone system would, to where one sends it. */
  async function send (message: object): Promise<void> {
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/hooks/calls/simulator', headers: { 'content-type': 'application/json', [SIMULATOR.header]: SIMULATOR_SECRET }, payload: JSON.stringify(message) })
    if (statusCode >= 300) throw new Error(`The simulator's own message was refused: ${statusCode} ${body}`)
  }

  async function extensionOf (id: number): Promise<string> {
    const employee = await db('employees').where({ id }).first('extension')
    if (!employee) throw new NotFound()
    return employee.extension
  }

  async function shown (form: { typed: Body, errors: FieldErrors } | null = null) {
    const [ringing, employees] = await Promise.all([
      db('calls').where({ adapter: 'simulator' }).whereNull('ended_at').whereRaw("started_at > now() - interval '1 hour'").orderBy('id', 'desc').limit(10).select('id', 'display', 'state', 'started_at as at'),
      db('employees').whereNull('deactivated_at').where('extension', '<>', '').orderByRaw('fold(name), id').select('id', 'name', 'extension')
    ])
    return { ringing, employees, typed: form?.typed ?? {}, errors: form?.errors ?? {} }
  }
}
