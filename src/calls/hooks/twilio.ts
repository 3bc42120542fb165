import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { idOf } from '../../web/form.js'
import { dial, isSigned, reportOf, twiml, type Params, type TwilioConfig } from '../adapters/twilio.js'
import type { Report } from '../call.js'
import { findTelephony, secretOf } from '../settings/queries.js'
import { takeReport } from '../taking.js'
import { Unheard } from './unheard.js'

type Of = { Params: { call: string }, Querystring: { at?: string } }

// Twilio rings no more at once.
const MOST_RUNG = 10

/** What Twilio asks and tells: each message signed for the address it was sent to. */
export default async function twilioHooks (app: FastifyInstance) {
  const { db } = app
  const config = { public: true, foreign: true }

  // A call comes in: who is rung.
  app.post('/hooks/calls/twilio/incoming', { config }, async (request, reply) => {
    const { params, settings, hook } = await read(request)
    await take(reportOf(params, { state: 'ringing', direction: 'in' }))
    const numbers = settings.rings.length > 0 ? settings.rings : await ownNumbers(db)
    if (numbers.length === 0) return answer(reply, twiml('<Reject reason="busy"/>'))
    return answer(reply, dial({ callerId: '', numbers: numbers.slice(0, MOST_RUNG), records: settings.records, action: hook('dialed'), leg: number => hook(`answered?at=${encodeURIComponent(number)}`) }))
  })

  // Somebody answers one that came in.
  app.post<Of>('/hooks/calls/twilio/answered', { config }, async (request, reply) => {
    const { params } = await read(request)
    if (params.CallStatus === 'in-progress') await take(reportOf(params, { state: 'answered', direction: 'in', extension: request.query.at ?? '' }))
    return answer(reply, twiml())
  })

  // Whoever was rung is done: how it ended.
  app.post('/hooks/calls/twilio/dialed', { config }, async (request, reply) => {
    const { params } = await read(request)
    await take(reportOf(params, { state: params.DialCallStatus, direction: 'in', seconds: params.DialCallDuration }))
    return answer(reply, twiml())
  })

  // The number's own status callback: of one whose caller gave up before anybody answered nothing else tells.
  app.post('/hooks/calls/twilio/status', { config }, async (request, reply) => {
    const { params } = await read(request)
    await take(reportOf(params, { state: params.CallStatus, direction: 'in' }))
    return reply.code(204).send()
  })

  // Who calls from here has answered: now the client is rung.
  app.post<Of>('/hooks/calls/twilio/outgoing/:call', { config }, async (request, reply) => {
    const { settings, hook } = await read(request)
    const call = await db('calls').where({ id: idOf(request.params.call) ?? 0, adapter: 'twilio', direction: 'out' }).whereNull('ended_at').first('id', 'e164', 'digits')
    if (!call) return answer(reply, twiml('<Hangup/>'))
    return answer(reply, dial({ callerId: settings.number, numbers: [call.e164 ?? call.digits], records: settings.records, action: hook(`done/${call.id}`), leg: () => hook(`theirs/${call.id}`) }))
  })
  app.post<Of>('/hooks/calls/twilio/theirs/:call', { config }, async (request, reply) => told(request, reply, params => ['ringing', 'in-progress'].includes(params.CallStatus ?? '') ? { state: params.CallStatus } : null))
  app.post<Of>('/hooks/calls/twilio/done/:call', { config }, async (request, reply) => told(request, reply, params => ({ state: params.DialCallStatus, seconds: params.DialCallDuration })))
  // Of our own telephone only that nobody took it up, and that all is over.
  app.post<Of>('/hooks/calls/twilio/ours/:call', { config }, async (request, reply) => told(request, reply, ({ CallStatus: state }) => ['ringing', 'in-progress', 'initiated', 'queued'].includes(state ?? '') ? null : { state }))

  async function told (request: FastifyRequest<Of>, reply: FastifyReply, what: (params: Params) => { state: string | undefined, seconds?: string | undefined } | null) {
    const { params } = await read(request)
    const callId = idOf(request.params.call)
    const found = what(params)
    if (callId !== null && found) await take(reportOf(params, { ...found, direction: 'out', callId }))
    return answer(reply, twiml())
  }

  const take = async (report: Report | null) => { if (report) await takeReport(db, 'twilio', report) }

  /** What was sent, once its signature is found right. */
  async function read (request: FastifyRequest): Promise<{ params: Params, settings: TwilioConfig, hook: (path: string) => string }> {
    const settings = await findTelephony(db)
    const token = settings.adapter === 'twilio' ? await secretOf(app.sealer, settings, 'twilio') : null
    if (token === null) throw new Unheard(404)
    const origin = await app.publicUrl()
    const params: Params = Object.fromEntries(new URLSearchParams(request.body instanceof Buffer ? request.body.toString('utf8') : ''))
    if (!isSigned(token, origin + request.url, params, request.headers['x-twilio-signature'])) throw new Unheard(403)
    return { params, settings: settings.configs.twilio, hook: hookOf(origin) }
  }
}

export const hookOf = (origin: string) => (path: string): string => `${origin}/hooks/calls/twilio/${path}`

const answer = (reply: FastifyReply, xml: string) => reply.type('text/xml').send(xml)

/** The numbers of those who hear of calls; an extension is nothing that Twilio can ring. */
async function ownNumbers (db: Db): Promise<string[]> {
  return db('employees as e').join('roles as r', 'r.id', 'e.role_id').whereNull('e.deactivated_at').whereNotNull('e.password_hash').whereRaw("(r.key = 'owner' or 'calls.view' = any (r.rights))").whereRaw("e.extension ~ '^(\\+[0-9]{6,15}|(sip|sips):.+@.+)$'").orderBy('e.id').limit(MOST_RUNG).pluck('e.extension')
}

