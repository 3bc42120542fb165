import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { recordingAddress, type CallState, type Report } from '../call.js'
import { ask, CallRefused, type Dialer } from './adapter.js'

/** How a message shows that it is the telephony's: the secret in its address, in a header, or by a signature of its body. */
export const CHECKS = ['url', 'header', 'hmac'] as const
export type Check = (typeof CHECKS)[number]

/** What of a call stands in which field of the messages; in JSON "call.from.number" leads into it. */
export const FIELDS = ['id', 'state', 'caller', 'called', 'direction', 'extension', 'duration', 'recording', 'event'] as const
export type MappedField = (typeof FIELDS)[number]

/** Which words of the telephony mean what. */
export const MEANINGS = ['ringing', 'answered', 'ended', 'missed', 'out', 'events'] as const
export type Meaning = (typeof MEANINGS)[number]

export interface WebhookConfig {
  check: Check
  /** Of the checks by header and by signature. */
  header: string
  fields: Record<MappedField, string>
  /** Lower case. Of `events` none stands for all. */
  meanings: Record<Meaning, string[]>
  /** What is asked for to make a call, with {from}, {to} and {id}; '' makes none. */
  call_url: string
}

export const DEFAULT_WEBHOOK: WebhookConfig = {
  check: 'header',
  header: 'X-Secret',
  fields: { id: 'call_id', state: 'state', caller: 'caller', called: 'called', direction: 'direction', extension: 'extension', duration: 'duration', recording: 'recording_url', event: '' },
  meanings: { ringing: ['ringing', 'incoming', 'start', 'initiated'], answered: ['answered', 'in-progress', 'connected'], ended: ['ended', 'completed', 'hangup', 'finished'], missed: ['missed', 'no-answer', 'busy', 'canceled', 'cancelled', 'failed'], out: ['out', 'outbound', 'outgoing'], events: [] },
  call_url: ''
}

/** Whether a message carries the secret as the settings say. Takes the same time whatever is wrong. */
export function isAllowed ({ check, header }: WebhookConfig, secret: string, { body, headers, inUrl }: { body: Buffer, headers: Record<string, unknown>, inUrl: string }): boolean {
  const sent = headers[header.toLowerCase()]
  if (check === 'url') return isSame(inUrl, secret)
  if (typeof sent !== 'string') return false
  if (check === 'header') return isSame(sent, secret) || isSame(sent.replace(/^Bearer /i, ''), secret)
  const signature = createHmac('sha256', secret).update(body).digest()
  const plain = sent.trim().replace(/^sha256=/i, '')
  return isSame(plain.toLowerCase(), signature.toString('hex')) || isSame(plain, signature.toString('base64'))
}

/** Whether two texts are one, found out in the same time wherever they differ. */
export const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string) => createHash('sha256').update(text).digest()

/** What a message tells; null when it is of another event, or what of it can't be read: a field by its name here. */
export function readMessage ({ fields, meanings }: WebhookConfig, body: unknown): Report | null | { wrong: MappedField } {
  const of = (field: MappedField) => fields[field] === '' ? '' : valueAt(body, fields[field])
  const means = (meaning: Meaning, value: string) => meanings[meaning].includes(value.trim().toLowerCase())
  if (fields.event !== '' && meanings.events.length > 0 && !means('events', of('event'))) return null
  const id = of('id').trim()
  // eslint-disable-next-line no-control-regex
  if (id === '' || id.length > 200 || /[\u0000-\u001f\u007f]/.test(id)) return { wrong: 'id' }
  const state = (['ringing', 'answered', 'ended', 'missed'] as const).find(state => means(state, of('state')))
  if (!state) return { wrong: 'state' }
  const direction = means('out', of('direction')) ? 'out' : 'in'
  const [number, ours] = direction === 'in' ? [of('caller'), of('called')] : [of('called'), of('caller')]
  return { id, state: state satisfies CallState, direction, number, ours, extension: plainText(of('extension'), 60), seconds: secondsOf(of('duration')), recording: recordingAddress(of('recording')) }
}

/** A value by the path to it; '' for what isn't there and for what is no single value. */
function valueAt (body: unknown, path: string): string {
  if (typeof body !== 'object' || body === null) return ''
  if (Object.hasOwn(body, path)) return single((body as Record<string, unknown>)[path])
  let value: unknown = body
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return ''
    value = (value as Record<string, unknown>)[part]
  }
  return single(value)
}

const single = (value: unknown): string => typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''

// eslint-disable-next-line no-control-regex
const plainText = (value: string, most: number) => value.replace(/[\u0000-\u001f\u007f]/g, '').trim().slice(0, most)

const A_WEEK = 7 * 24 * 3600

/** "83", "83.4" and "1:23" are 83 seconds; null for what is none. */
export function secondsOf (value: string): number | null {
  const text = value.trim()
  const seconds = /^\d{1,9}(\.\d+)?$/.test(text) ? Math.round(Number(text)) : /^\d{1,3}(:[0-5]\d){1,2}$/.test(text) ? text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) : null
  return seconds !== null && seconds <= A_WEEK ? seconds : null
}

/** Makes calls by asking for an address, as many telephone systems have one. */
export const webhookDialer = ({ call_url: url }: WebhookConfig, secret: string): Dialer => ({
  idFor: token => token,
  async call ({ from, to, token }) {
    if (url === '') throw new CallRefused('refused')
    const filled = url.replace(/\{(from|to|id)\}/g, (_, name: 'from' | 'to' | 'id') => encodeURIComponent({ from, to, id: token }[name]))
    await ask(filled, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` }, body: JSON.stringify({ from, to, id: token }) })
    return token
  }
})
