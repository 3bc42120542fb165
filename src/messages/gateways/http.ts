import type { SendFate } from '../fate.js'
import type { Reported } from '../ledger.js'
import type { Outgoing } from '../sending/gateway.js'
import { digitsOf, GATEWAY_CHANNELS, referenceOf, type Adapter, type Brought, type Line, type Report, type Values } from './adapter.js'
import { byStatus, jsonOf, unanswered } from './ask.js'
import { fill, headersIn, placesIn, unknownPlace, valueAt, wordsIn, type Fillings } from './fill.js'
import { isSame, signature } from './same.js'

const MOST = 500 // of what one request tells

const TYPES: Record<string, string> = { json: 'application/json', form: 'application/x-www-form-urlencoded', plain: 'text/plain; charset=utf-8' }

/** Any gateway that is asked over HTTP, as its settings describe it. */
export const http: Adapter = {
  key: 'http',
  channels: GATEWAY_CHANNELS,
  fields: [
    { name: 'url', group: 'request', kind: 'url', required: true, max: 1000, leads: true },
    { name: 'method', group: 'request', kind: 'choice', choices: ['POST', 'GET', 'PUT'], max: 4, begins: 'POST' },
    { name: 'secret', group: 'request', kind: 'secret', max: 2000 },
    { name: 'headers', group: 'request', kind: 'lines', max: 4000, begins: 'Authorization: Bearer {{secret}}' },
    { name: 'body_kind', group: 'request', kind: 'choice', choices: ['json', 'form', 'plain'], max: 5, begins: 'json' },
    { name: 'body', group: 'request', kind: 'lines', max: 8000, begins: '{"to": "{{to}}", "from": "{{from}}", "text": "{{text}}", "reference": "{{key}}"}' },
    { name: 'key_header', group: 'request', kind: 'text', max: 100 },
    { name: 'id_path', group: 'answer', kind: 'text', max: 200, begins: 'messages.0.id' },
    { name: 'state_path', group: 'answer', kind: 'text', max: 200 },
    { name: 'state_ok', group: 'answer', kind: 'text', max: 300 },
    { name: 'said_path', group: 'answer', kind: 'text', max: 200 },
    { name: 'hook_check', group: 'hook', kind: 'choice', choices: ['secret', 'hmac'], max: 6, begins: 'hmac' },
    { name: 'hook_header', group: 'hook', kind: 'text', max: 100, begins: 'X-Signature' },
    { name: 'hook_secret', group: 'hook', kind: 'secret', max: 500 },
    { name: 'report_id_path', group: 'hook', kind: 'text', max: 200, begins: 'id' },
    { name: 'report_state_path', group: 'hook', kind: 'text', max: 200, begins: 'status' },
    { name: 'delivered_words', group: 'hook', kind: 'text', max: 300, begins: 'delivered, DELIVRD' },
    { name: 'read_words', group: 'hook', kind: 'text', max: 300, begins: 'read, seen' },
    { name: 'failed_words', group: 'hook', kind: 'text', max: 300, begins: 'failed, undelivered, rejected, expired, UNDELIV' },
    { name: 'in_from_path', group: 'hook', kind: 'text', max: 200, begins: 'from' },
    { name: 'in_text_path', group: 'hook', kind: 'text', max: 200, begins: 'text' },
    { name: 'in_channel_path', group: 'hook', kind: 'text', max: 200 }
  ],

  check (values) {
    const wrong: ReturnType<NonNullable<Adapter['check']>> = {}
    for (const name of ['url', 'headers', 'body'] as const) {
      const unknown = unknownPlace(values[name] ?? '')
      if (unknown !== null) wrong[name] = { key: 'gateways.unknown_place', values: { name: `{{${unknown}}}` } }
    }
    if (!wrong.url && !isAddress(values.url ?? '')) wrong.url = { key: 'gateways.address_wrong' }
    if (!wrong.headers && headersIn(values.headers ?? '') === null) wrong.headers = { key: 'gateways.headers_wrong' }
    else if (!wrong.headers && placesIn(values.headers ?? '').has('text')) wrong.headers = { key: 'gateways.no_text_in_headers' }
    if (!wrong.body && values.body_kind === 'json' && values.method !== 'GET' && jsonOf(fill(values.body ?? '', 'json', STRANGE)) === undefined) wrong.body = { key: 'gateways.no_json', values: { name: '{{text}}' } }
    const all = `${values.url} ${values.method === 'GET' ? '' : values.body}`
    if (!wrong.body && !wrong.url) for (const places of [['to', 'to_digits'], ['text']]) if (!places.some(name => placesIn(all).has(name))) wrong[values.method === 'GET' ? 'url' : 'body'] = { key: 'gateways.place_missing', values: { name: `{{${places[0]}}}` } }
    for (const name of ['key_header', 'hook_header'] as const) if (values[name] && !/^[a-z0-9-]+$/i.test(values[name])) wrong[name] = { key: 'gateways.header_wrong' }
    return wrong
  },

  isIdempotent: ({ key_header: header = '' }) => header !== '',

  async send (line, message): Promise<SendFate> {
    const { settings, ask, isIdempotent } = line
    const answer = await ask(requestOf(line, message))
    if (answer.problem) return unanswered(answer, isIdempotent)
    const told = jsonOf(answer.text)
    const said = (settings.said_path && valueAt(told, settings.said_path)) || answer.text.slice(0, 300)
    if (answer.status < 200 || answer.status > 299) return byStatus(answer.status, said, isIdempotent)
    const accepted = wordsIn(settings.state_ok ?? '')
    const state = settings.state_path ? valueAt(told, settings.state_path)?.toLowerCase() : undefined
    const isTaken = settings.state_path
      ? state !== undefined && (accepted.length === 0 || accepted.includes(state))
      : accepted.length === 0 || accepted.some(word => answer.text.toLowerCase().includes(word))
    if (!isTaken) return { state: 'failed', problem: 'refused', said }
    const providerId = settings.id_path ? valueAt(told, settings.id_path) : undefined
    return { state: 'sent', said: said.slice(0, 300), ...(providerId && { providerId: providerId.slice(0, 200) }) }
  },

  verify ({ headers, raw }, { hook_check: check, hook_header: header = '' }, { hook_secret: secret = '' }) {
    const given = headers[header.toLowerCase()]
    if (secret === '' || typeof given !== 'string') return false
    if (check === 'secret') return isSame(given, secret)
    const plain = given.replace(/^sha256=/i, '')
    return isSame(plain.toLowerCase(), signature('sha256', secret, raw, 'hex')) || isSame(plain, signature('sha256', secret, raw, 'base64'))
  },

  read (request, settings) {
    const told = request.type.includes('json') ? jsonOf(request.raw.toString('utf8')) : Object.fromEntries(new URLSearchParams(request.raw.toString('utf8')))
    const reports: Report[] = []
    const brought: Brought[] = []
    for (const one of (Array.isArray(told) ? told : [told]).slice(0, MOST)) {
      const came = broughtIn(one, settings)
      const report = came ? null : reportIn(one, settings)
      if (came) brought.push(came)
      if (report) reports.push(report)
    }
    return { reports, brought }
  },

  thanks: { type: 'text/plain; charset=utf-8', body: 'OK' }
}

function requestOf ({ settings, secrets, sender }: Line, message: Outgoing) {
  const fillings: Fillings = { to: message.address, to_digits: digitsOf(message.address), from: sender, text: message.text, key: referenceOf(message), channel: message.channel, secret: secrets.secret ?? '' }
  const kind = settings.body_kind === 'form' ? 'form' : settings.body_kind === 'plain' ? 'plain' : 'json'
  const hasBody = settings.method !== 'GET'
  const headers = Object.fromEntries((headersIn(settings.headers ?? '') ?? []).map(([name, value]) => [name, fill(value, 'header', fillings)]))
  return {
    method: settings.method || 'POST', url: new URL(fill(settings.url!, 'url', fillings)),
    headers: { ...(hasBody && { 'Content-Type': TYPES[kind]! }), ...headers, ...(settings.key_header && { [settings.key_header]: fillings.key }) },
    ...(hasBody && { body: fill(settings.body ?? '', kind, fillings) })
  }
}

// Of each state the last word counts: what is none of ours is no news.
function reportIn (told: unknown, { report_id_path: id = '', report_state_path: path = '', ...settings }: Values): Report | null {
  const providerId = id && valueAt(told, id)
  const word = path && valueAt(told, path)
  if (!providerId || !word) return null
  const states: [Reported, string | undefined][] = [['delivered', settings.delivered_words], ['read', settings.read_words], ['failed', settings.failed_words]]
  const state = states.find(([, words]) => wordsIn(words ?? '').includes(word.toLowerCase()))?.[0]
  return state ? { providerId, reference: providerId, state, ...(state === 'failed' && { problem: 'refused', said: word }) } : null
}

function broughtIn (told: unknown, { in_from_path: from = '', in_text_path: text = '', in_channel_path: channel = '', report_id_path: id = '' }: Values): Brought | null {
  const [who, said, providerId] = [from && valueAt(told, from), text && valueAt(told, text), id && valueAt(told, id)]
  if (!who || !said || !providerId) return null
  const named = GATEWAY_CHANNELS.find(one => one === (channel && valueAt(told, channel)?.toLowerCase()))
  return { from: who, text: said, providerId, ...(named && { channel: named }) }
}

// What people may write, at its worst.
const STRANGE: Fillings = { to: '+48600123456', to_digits: '48600123456', from: 'Desk', text: '"\\\n\u2028{}', key: '1-a', channel: 'sms', secret: 's"\\' }

/** Whether this leads to one host, whoever is written to: what is filled in stands behind it. */
export function isAddress (template: string): boolean {
  const host = /^https?:\/\/([^/?#]*)/i.exec(template)?.[1] ?? ''
  if (host === '' || /[{}@]/.test(host)) return false
  const filled = fill(template, 'url', STRANGE)
  return URL.canParse(filled) && new URL(filled).host === host.toLowerCase().replace(/:(80|443)$/, match => new URL(filled).port === '' ? '' : match)
}
