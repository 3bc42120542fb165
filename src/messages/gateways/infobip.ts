import { z } from 'zod'
import type { SendFate, SendProblem } from '../fate.js'
import type { Reported } from '../ledger.js'
import type { Outgoing } from '../sending/gateway.js'
import { digitsOf, referenceOf, type Adapter, type Brought, type GatewayChannel, type Line, type Report } from './adapter.js'
import { byStatus, jsonOf, unanswered } from './ask.js'
import { basicOf, isSame, signature } from './same.js'

const status = z.object({ groupId: z.number().catch(-1), id: z.number().catch(-1), name: z.string().catch(''), description: z.string().catch('') })
type Status = z.output<typeof status>
const fault = z.object({ id: z.number().catch(0), name: z.string().catch(''), description: z.string().catch('') })
const taken = z.object({ messageId: z.string().optional(), status })
const answers = z.object({ messages: z.array(taken).min(1) }).transform(({ messages }) => messages[0]!).or(taken)
const refused = z.object({ requestError: z.object({ serviceException: z.object({ messageId: z.string().catch(''), text: z.string().catch('') }) }) }).transform(({ requestError: { serviceException: { messageId, text } } }) => `${messageId} ${text}`)
  .or(z.object({ errorCode: z.string(), description: z.string().catch('') }).transform(({ errorCode, description }) => `${errorCode} ${description}`))

const result = z.object({
  messageId: z.string().min(1).max(200), from: z.string().max(100).optional().catch(undefined), sender: z.string().max(100).optional().catch(undefined), seenAt: z.string().optional().catch(undefined),
  status: status.optional().catch(undefined), error: fault.optional().catch(undefined), text: z.string().optional().catch(undefined), receivedAt: z.string().optional().catch(undefined),
  integrationType: z.string().optional().catch(undefined), channel: z.string().optional().catch(undefined), contact: z.object({ name: z.string().max(200).catch('') }).optional().catch(undefined),
  message: z.object({ type: z.string().catch(''), text: z.string().optional().catch(undefined), url: z.string().optional().catch(undefined), caption: z.string().optional().catch(undefined) }).optional().catch(undefined)
})
const results = z.object({ results: z.array(z.unknown()).max(1000) })

// Groups of states: https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
const [DELIVERED, PENDING, ACCEPTED] = [3, 1, 0]
const STATES: Record<number, Reported> = { [ACCEPTED]: 'sent', [PENDING]: 'sent', 2: 'failed', [DELIVERED]: 'delivered', 4: 'failed', 5: 'failed' }
const DUPLICATE = 23 // of the same id: the first was taken

/** Infobip's APIs of SMS (v3), WhatsApp and Viber (v2). The id of a message is ours, but a second one of the same id is not promised to be refused. */
export const infobip: Adapter = {
  key: 'infobip',
  channels: ['sms', 'whatsapp', 'viber'],
  fields: [
    { name: 'base_url', group: 'account', kind: 'host', required: true, max: 300, leads: true },
    { name: 'api_key', group: 'account', kind: 'secret', required: true, max: 300 },
    { name: 'hook_user', group: 'hook', kind: 'text', max: 200 },
    { name: 'hook_password', group: 'hook', kind: 'secret', max: 300 }
  ],
  isIdempotent: () => false,

  async send (line, message): Promise<SendFate> {
    const answer = await line.ask({
      method: 'POST', url: new URL(PATHS[message.channel as GatewayChannel], line.settings.base_url),
      headers: { Authorization: `App ${line.secrets.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify(bodyOf(line, message))
    })
    if (answer.problem) return unanswered(answer, false)
    const told = jsonOf(answer.text)
    if (answer.status < 200 || answer.status > 299) return byStatus(answer.status, refused.safeParse(told).data ?? answer.text.slice(0, 300), false)
    const read = answers.safeParse(told)
    if (!read.success) return { state: 'uncertain', problem: 'lost', said: answer.text.slice(0, 300) }
    const { status: state, messageId = referenceOf(message) } = read.data
    const said = `${state.name} ${state.description}`.trim()
    if (state.groupId !== 5 && state.groupId !== 2 || state.id === DUPLICATE) return { state: 'sent', said, providerId: messageId }
    const problem = problemOf(state.name)
    return { state: problem === 'no_credit' || problem === 'busy' || problem === 'auth' ? 'later' : 'failed', problem, said }
  },

  /*
   * The address we give with a message is signed for it. What comes by a subscription or to a number is known by the name and password
   * that are set there, or by an HMAC with that password.
   */
  verify ({ headers, query, raw }, { hook_user: user = '' }, { hook_password: password = '', api_key: key = '' }) {
    if (query.m && query.s) return isSame(query.s, signed(key, query.m)) && { only: query.m }
    if (password === '') return false
    if (isSame(headers.authorization ?? '', basicOf(user, password))) return true
    const given = headers['x-hub-signature'] ?? headers['x-hub-signature-256']
    return typeof given === 'string' && isSame(given.replace(/^sha256=/, '').toLowerCase(), signature('sha256', password, raw, 'hex'))
  },

  read (request) {
    const list = results.safeParse(jsonOf(request.raw.toString('utf8')))
    const reports: Report[] = []
    const brought: Brought[] = []
    for (const one of list.data?.results ?? []) {
      const { data } = result.safeParse(one)
      if (!data) continue
      const came = broughtIn(data)
      if (came) brought.push(came)
      else reports.push(...reportIn(data))
    }
    return { reports, brought }
  },

  thanks: { type: 'application/json', body: '{}' }
}

const PATHS: Record<GatewayChannel, string> = { sms: '/sms/3/messages', whatsapp: '/whatsapp/1/message/text', viber: '/viber/2/messages' }

function bodyOf ({ sender, secrets, hookUrl }: Line, message: Outgoing): object {
  const messageId = referenceOf(message)
  const to = digitsOf(message.address)
  const url = hookUrl && `${hookUrl}?m=${messageId}&s=${signed(secrets.api_key!, messageId)}`
  if (message.channel === 'whatsapp') return { from: digitsOf(sender) || sender, to, messageId, content: { text: message.text }, ...(url && { notifyUrl: url }) }
  const viber = message.channel === 'viber'
  const content = { text: message.text, ...(viber && { type: 'TEXT' }) }
  return { messages: [{ sender: sender.replace(/^\+/, ''), destinations: [{ to, messageId }], content, ...(url && { webhooks: { delivery: { url }, ...(viber && { seen: { url } }) } }) }] }
}

const signed = (key: string, reference: string) => signature('sha256', key, `report of ${reference}`, 'base64url')

function broughtIn ({ messageId, from, sender, text, message, integrationType, channel, contact, receivedAt, status }: z.output<typeof result>): Brought | null {
  const said = text ?? message?.text ?? [message?.caption, message?.url].filter(Boolean).join('\n')
  const who = from ?? sender
  if (status || !who || (text === undefined && !message) || said === '') return null
  const kind = `${integrationType ?? channel ?? ''}`.toUpperCase()
  const at = new Date(receivedAt ?? '')
  return {
    channel: kind.startsWith('WHATSAPP') ? 'whatsapp' : kind.startsWith('VIBER') ? 'viber' : 'sms', from: /^\d{7,15}$/.test(who) ? `+${who}` : who, text: said, providerId: messageId,
    ...(contact?.name && { fromName: contact.name }), ...(!Number.isNaN(at.getTime()) && { at })
  }
}

function reportIn ({ messageId, seenAt, status, error }: z.output<typeof result>): Report[] {
  if (seenAt && !status) return [{ reference: messageId, providerId: messageId, state: 'read' }]
  const state = status && STATES[status.groupId]
  if (!state) return []
  const wrong = state === 'failed' && { problem: problemOf(`${status.name} ${error?.name ?? ''}`), said: wordsOf(status, error) }
  return [{ reference: messageId, providerId: messageId, state, ...wrong }]
}

const wordsOf = (status: Status, error: z.output<typeof fault> | undefined) => `${status.name} ${error && error.id > 0 ? `${error.name} ${error.description}` : status.description}`.trim()

function problemOf (name: string): SendProblem {
  if (/UNKNOWN_SUBSCRIBER|UNIDENTIFIED_SUBSCRIBER|INVALID_DESTINATION|REJECTED_DESTINATION\b|PREFIX_MISSING|MISSING_TO|USER_NOT_FOUND|NO_VIBER|NOT_A_WHATSAPP|UNREACHABLE_DESTINATION/.test(name)) return 'bad_address'
  if (/NOT_ENOUGH_CREDITS|PACKAGE_EXPIRED/.test(name)) return 'no_credit'
  if (/TOO_LONG/.test(name)) return 'too_big'
  if (/FLOODING|SYSTEM_ERROR/.test(name)) return 'busy'
  return 'refused'
}

