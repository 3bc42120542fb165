import type { SendFate, SendProblem } from '../fate.js'
import type { Reported } from '../ledger.js'
import { referenceOf, type Adapter, type HookRequest } from './adapter.js'
import { byStatus, jsonOf, unanswered } from './ask.js'
import { basicOf, isSame, signature } from './same.js'

// https://www.twilio.com/docs/api/errors: those that tell what to do; the others are what their status says.
const PROBLEMS: Record<number, SendProblem> = {
  20003: 'auth', 20005: 'auth', 20429: 'busy', 14107: 'busy', 30001: 'busy', 30002: 'auth',
  21211: 'bad_address', 21214: 'bad_address', 21217: 'bad_address', 21401: 'bad_address', 21421: 'bad_address', 21614: 'bad_address', 21635: 'bad_address', 30003: 'bad_address', 30005: 'bad_address', 30006: 'bad_address', 63003: 'bad_address', 63024: 'bad_address',
  21617: 'too_big', 30010: 'no_credit'
}
const LATER: readonly SendProblem[] = ['auth', 'busy', 'no_credit']

// https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
const STATES: Record<string, Reported> = { sent: 'sent', delivered: 'delivered', read: 'read', undelivered: 'failed', failed: 'failed', canceled: 'failed' }

/** Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource). It knows no second try of the same message. */
export const twilio: Adapter = {
  key: 'twilio',
  channels: ['sms', 'whatsapp'],
  fields: [
    { name: 'account_sid', group: 'account', kind: 'text', required: true, max: 64, leads: true },
    { name: 'auth_token', group: 'account', kind: 'secret', required: true, max: 200 },
    { name: 'api_url', group: 'account', kind: 'host', required: true, max: 300, begins: 'https://api.twilio.com', leads: true }
  ],
  isIdempotent: () => false,

  async send ({ settings, secrets, sender, ask, hookUrl }, message): Promise<SendFate> {
    const prefix = message.channel === 'whatsapp' ? 'whatsapp:' : ''
    const body = new URLSearchParams({
      To: prefix + message.address,
      ...(sender.startsWith('MG') && !prefix ? { MessagingServiceSid: sender } : { From: prefix + sender }),
      Body: message.text,
      ...(hookUrl && { StatusCallback: `${hookUrl}?m=${referenceOf(message)}` })
    })
    const answer = await ask({
      method: 'POST', url: new URL(`/2010-04-01/Accounts/${encodeURIComponent(settings.account_sid!)}/Messages.json`, settings.api_url),
      headers: { Authorization: basicOf(settings.account_sid!, secrets.auth_token!), 'Content-Type': 'application/x-www-form-urlencoded' }, body: body.toString()
    })
    if (answer.problem) return unanswered(answer, false)
    const told = (jsonOf(answer.text) ?? {}) as { sid?: string, status?: string, code?: number, message?: string, error_code?: number | null, error_message?: string | null }
    if (answer.status < 200 || answer.status > 299) return refusal(answer.status, told)
    if (told.status === 'failed') return byCode(told.error_code ?? 0, told.error_message ?? '') ?? { state: 'failed', problem: 'refused', said: told.error_message ?? '' }
    if (typeof told.sid !== 'string') return { state: 'uncertain', problem: 'lost', said: answer.text.slice(0, 300) }
    return { state: 'sent', said: told.status ?? '', providerId: told.sid }
  },

  verify: ({ url, headers, raw }, _settings, { auth_token: token = '' }, address) => {
    const given = headers['x-twilio-signature']
    return token !== '' && typeof given === 'string' && addresses(address, url).some(one => isSame(given, signature('sha1', token, one + sorted(raw), 'base64')))
  },

  read (request) {
    const told = formOf(request)
    const { MessageSid: sid = told.SmsSid, MessageStatus: status } = told
    if (!sid) return { reports: [], brought: [] }
    if (status === undefined) {
      if (told.SmsStatus !== 'received' || !told.From) return { reports: [], brought: [] }
      const media = Array.from({ length: Math.min(10, Number(told.NumMedia) || 0) }, (_, n) => told[`MediaUrl${n}`]).filter(Boolean)
      const [, prefix, from = told.From] = /^(whatsapp:)?(.*)$/.exec(told.From) ?? []
      return { reports: [], brought: [{ channel: prefix ? 'whatsapp' : 'sms', from, ...(told.ProfileName && { fromName: told.ProfileName }), text: [told.Body, ...media].filter(Boolean).join('\n'), providerId: sid, stops: told.OptOutType === 'STOP' }] }
    }
    const state = STATES[status]
    if (!state) return { reports: [], brought: [] }
    const code = Number(told.ErrorCode) || 0
    const wrong = state === 'failed' && { problem: PROBLEMS[code] ?? 'refused' as const, said: [status, code || '', told.ErrorMessage ?? ''].filter(Boolean).join(' ') }
    return { reports: [{ providerId: sid, ...(request.query.m && { reference: request.query.m }), state, ...wrong }], brought: [] }
  },

  thanks: { type: 'text/xml; charset=utf-8', body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>' }
}

function refusal (status: number, { code = 0, message = '' }: { code?: number, message?: string }): SendFate {
  return byCode(code, message) ?? byStatus(status, [code || '', message].filter(Boolean).join(' '), false)
}

function byCode (code: number, message: string): SendFate | null {
  const problem = PROBLEMS[code]
  return problem ? { state: LATER.includes(problem) ? 'later' : 'failed', problem, said: `${code} ${message}` } : null
}

const formOf = ({ raw }: HookRequest): Record<string, string> => Object.fromEntries(new URLSearchParams(raw.toString('utf8')))

// https://www.twilio.com/docs/usage/webhooks/webhooks-security: each field's name and value, by name; a value that comes twice once.
function sorted (raw: Buffer): string {
  const params = new URLSearchParams(raw.toString('utf8'))
  return [...new Set(params.keys())].sort().map(name => [...new Set(params.getAll(name))].sort().map(value => name + value).join('')).join('')
}

// With the standard port written out or not, as it may stand in what they were told to ask.
function addresses (address: string, url: string): string[] {
  const { protocol, hostname, port } = new URL(address)
  return [`${address}${url}`, ...port ? [] : [`${protocol}//${hostname}:${protocol === 'https:' ? 443 : 80}${url}`]]
}
