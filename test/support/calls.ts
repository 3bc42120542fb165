import type { FastifyInstance } from 'fastify'
import type { Db } from '../../src/database/knex.js'
import type { Cast } from './cast.js'

export const SECRET = 'a secret of the telephone system'

/** Sets the generic webhook as the form does, with what is changed of it. */
export async function setWebhook ({ as, anna, db }: Cast, changes: Record<string, unknown> = {}): Promise<void> {
  const { version } = await db('telephony_settings').first('version')
  const { status, body } = await as(anna).post('/settings/telephony', { ...WEBHOOK, version, ...changes })
  if (status !== 303) throw new Error(`The telephony was refused: ${status} ${/class="error"[^>]*>([^<]*)/.exec(body)?.[1]}`)
}

export const WEBHOOK = {
  adapter: 'webhook', scheme: 'tel', sip_domain: '', missed_type: '', check: 'header', header: 'X-Secret', secret_webhook: SECRET, call_url: '',
  field_id: 'call_id', field_state: 'state', field_caller: 'caller', field_called: 'called', field_direction: 'direction', field_extension: 'extension', field_duration: 'duration', field_recording: 'recording', field_event: '',
  means_ringing: 'ringing', means_answered: 'answered', means_ended: 'ended', means_missed: 'missed, busy', means_out: 'out', means_events: ''
}

/** Posts what a telephone system would. Gives the status. */
export async function tellOf (app: FastifyInstance, message: object, headers: Record<string, string> = { 'x-secret': SECRET }, url = '/hooks/calls/webhook'): Promise<number> {
  return (await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload: JSON.stringify(message) })).statusCode
}

export const callOf = (db: Db, id: string) => db('calls').where({ provider_id: id }).first()
