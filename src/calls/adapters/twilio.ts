import { createHmac } from 'node:crypto'
import { recordingAddress, type CallState, type Direction, type Report } from '../call.js'
import { ask, CallRefused, type Dialer } from './adapter.js'
import { isSame } from './webhook.js'

/** Twilio Programmable Voice (twilio.com/docs/voice). */
export interface TwilioConfig {
  account: string
  /** The company's number at Twilio, E.164: what clients see. */
  number: string
  /** Who is rung when a call comes in, up to ten; none: everybody who has set a number. */
  rings: string[]
  records: boolean
  /** Where its REST API is: a region of Twilio has its own. */
  api: string
}

export const DEFAULT_TWILIO: TwilioConfig = { account: '', number: '', rings: [], records: false, api: 'https://api.twilio.com' }

export type Params = Record<string, string>

/** Whether Twilio has signed this: HMAC-SHA1, by the account's token, of the address as it was given to Twilio and all parameters in order (twilio.com/docs/usage/security). */
export function isSigned (token: string, url: string, params: Params, signature: unknown): boolean {
  const text = url + Object.keys(params).sort().map(name => name + params[name]).join('')
  return typeof signature === 'string' && isSame(createHmac('sha1', token).update(text).digest('base64'), signature)
}

const STATES: Record<string, CallState> = { 'queued': 'calling', 'initiated': 'calling', 'ringing': 'ringing', 'in-progress': 'answered', 'answered': 'answered', 'completed': 'ended', 'busy': 'busy', 'no-answer': 'missed', 'canceled': 'missed', 'failed': 'failed' }

/** What a message of Twilio tells. `state`: by what it is told; `extension`: where it was answered. */
export function reportOf (params: Params, { state, direction, callId, extension = '', seconds }: { state: string | undefined, direction: Direction, callId?: number, extension?: string, seconds?: string | undefined }): Report | null {
  const known = STATES[state ?? '']
  const id = params.ParentCallSid ?? params.CallSid ?? ''
  if (!known || !/^[\w-]{1,100}$/.test(id)) return null
  const isOut = direction === 'out'
  return {
    id, callId, direction, extension, state: !isOut && (known === 'busy' || known === 'failed') ? 'missed' : known,
    number: (isOut ? params.To : params.From) ?? '', ours: (isOut ? params.From : params.To) ?? '', seconds: /^\d{1,6}$/.test(seconds ?? '') ? Number(seconds) : null,
    recording: recordingAddress(params.RecordingUrl ?? ''), ...(known === 'failed' && { why: 'provider' as const })
  }
}

const xml = (text: string) => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

export interface Dialed {
  callerId: string
  numbers: readonly string[]
  records: boolean
  /** Where Twilio tells how it ended, and who answered. */
  action: string
  leg: (number: string) => string
}

/** TwiML that rings numbers together; whoever answers first has the call. "sip:101@pbx.example" is a telephone at one's own system. */
export function dial ({ callerId, numbers, records, action, leg }: Dialed): string {
  const legs = numbers.map(number => {
    const noun = /^sips?:/i.test(number) ? 'Sip' : 'Number'
    return `<${noun} statusCallbackEvent="ringing answered" statusCallback="${xml(leg(number))}">${xml(number)}</${noun}>`
  })
  return twiml(`<Dial answerOnBridge="true" timeout="30"${callerId && ` callerId="${xml(callerId)}"`}${records ? ' record="record-from-answer"' : ''} action="${xml(action)}">${legs.join('')}</Dial>`)
}

export const twiml = (inside = '') => `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${inside}</Response>`

/** Rings who calls by the REST API; once they answer, Twilio asks us what to do, and rings the client. */
export const twilioDialer = ({ account, number, api }: TwilioConfig, token: string, hook: (path: string) => string): Dialer => ({
  async call ({ callId, from }) {
    const body = new URLSearchParams({ To: from, From: number, Url: hook(`outgoing/${callId}`), StatusCallback: hook(`ours/${callId}`), Timeout: '30' })
    for (const event of ['initiated', 'ringing', 'answered', 'completed']) body.append('StatusCallbackEvent', event)
    const answer = await ask(`${api}/2010-04-01/Accounts/${encodeURIComponent(account)}/Calls.json`, { method: 'POST', body, headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` } })
    const { sid } = parsed(answer)
    if (typeof sid !== 'string' || !/^[\w-]{1,100}$/.test(sid)) throw new CallRefused('refused', 'no sid')
    return sid
  }
})

function parsed (text: string): { sid?: unknown } {
  try {
    return JSON.parse(text) as { sid?: unknown }
  } catch {
    throw new CallRefused('refused', 'no JSON')
  }
}
