import { z } from 'zod'
import { readNumber } from '../../clients/phones/number.js'
import { originOf } from '../../config.js'
import { issue, oneOf, optionalId, readForm, required, text, tick, typedText, type Body, type FieldErrors, type Form } from '../../web/form.js'
import { GATEWAY_CHANNELS, type Adapter, type Field, type GatewayChannel, type Values } from './adapter.js'
import type { ChannelRow, ChannelWrite, GatewayRow } from './queries.js'

export interface GatewayValues { name: string, fields: Values, version: number }

const secret = (max: number) => z.preprocess(value => typeof value === 'string' ? value.trim() : '', z.string().max(max, { error: 'form.invalid' }))

function reading ({ kind, max, required: isRequired, choices }: Field): z.ZodType<string> {
  if (kind === 'choice') return oneOf(choices!)
  if (kind === 'secret') return secret(max)
  const words = (isRequired ? required(max) : text(max)).superRefine((value, context) => {
    if (kind !== 'lines' && value.includes('\n')) context.addIssue(issue('form.invalid'))
  })
  if (kind !== 'host') return words
  return words.transform((value, context) => {
    if (value === '') return value
    const origin = originOf(value.includes('://') ? value : `https://${value}`)
    if (origin === null) context.addIssue(issue('gateways.host_wrong'))
    return origin ?? value
  })
}

/** Reads the form of a gateway, as its adapter's fields want it. */
export function readGatewayForm (adapter: Adapter, body: unknown): Form<GatewayValues> {
  const fields = Object.fromEntries(adapter.fields.map(field => [field.name, reading(field)]))
  const form = readForm(z.object({ ...fields, name: required(80), version: z.coerce.number().int().min(0).catch(0) }), body)
  if (form.errors) return form
  const { name, version, ...rest } = form.values as unknown as { name: string, version: number } & Values
  const errors = adapter.check?.(rest as Values) ?? {}
  return Object.keys(errors).length > 0 ? { errors, typed: form.typed } : { values: { name, version, fields: rest as Values }, typed: form.typed }
}

/** What the form of a gateway shows before anything was typed. */
export const gatewayTyped = (adapter: Adapter, row: GatewayRow | null, name: string): Body => ({
  ...Object.fromEntries(adapter.fields.filter(({ kind }) => kind !== 'secret').map(field => [field.name, row ? row.settings[field.name] ?? '' : field.begins ?? ''])), name: row?.name ?? name
})

const sender = text(60).refine(value => !/[\n\r]/.test(value), { error: 'form.invalid' })
const perMinute = text(6).transform((value, context) => {
  if (value === '') return null
  const count = /^\d+$/.test(value) ? Number(value) : 0
  if (count < 1 || count > 100_000) context.addIssue(issue('gateways.per_minute_wrong'))
  return count
})

/** Reads which gateway serves which channel. `gateways`: those that can be chosen, by their ids. */
export function readChannelsForm (body: unknown, gateways: readonly (GatewayRow & { channels: readonly GatewayChannel[] })[]): Form<Record<GatewayChannel, ChannelWrite>> {
  const schema = z.object(Object.fromEntries(GATEWAY_CHANNELS.flatMap(channel => [[`${channel}_gateway`, optionalId], [`${channel}_sender`, sender], [`${channel}_per_minute`, perMinute]])) as Record<string, z.ZodType>)
  const form = readForm(schema, body)
  const errors: FieldErrors = { ...form.errors }
  for (const channel of GATEWAY_CHANNELS) {
    const id = typedText(form.typed, `${channel}_gateway`)
    const chosen = gateways.find(gateway => String(gateway.id) === id)
    if (id !== '' && !chosen?.channels.includes(channel)) errors[`${channel}_gateway`] ??= { key: 'form.choose' }
    else if (chosen && chosen.adapter !== 'http' && typedText(form.typed, `${channel}_sender`).trim() === '') errors[`${channel}_sender`] ??= { key: 'form.required' }
  }
  if (!form.values || Object.keys(errors).length > 0) return { errors, typed: form.typed }
  const values = form.values as Record<string, never>
  return { typed: form.typed, values: Object.fromEntries(GATEWAY_CHANNELS.map(channel => [channel, { gateway_id: values[`${channel}_gateway`], sender: values[`${channel}_sender`], per_minute: values[`${channel}_per_minute`] }])) as unknown as Record<GatewayChannel, ChannelWrite> }
}

/** What the form of the channels shows. */
export const channelsTyped = (rows: readonly ChannelRow[]): Body => Object.fromEntries(rows.flatMap(row => [
  [`${row.channel}_gateway`, String(row.gateway_id ?? '')], [`${row.channel}_sender`, row.sender], [`${row.channel}_per_minute`, row.per_minute === null ? '' : String(row.per_minute)]
]))

/** Reads whether strangers' messages begin leads. */
export const readStrangersForm = (body: unknown) => readForm(z.object({ strangers_make_leads: tick }), body)

/** Reads where a test goes, as a number is dialled in `country`. */
export function readTestForm (body: unknown, country: string, { channels, key }: Adapter) {
  const number = required(60).transform((value, context) => {
    const { e164 } = readNumber(value, country)
    if (value !== '' && e164 === null) context.addIssue(issue('gateways.number_wrong'))
    return e164 ?? ''
  })
  return readForm(z.object({ channel: oneOf(channels), sender: sender.refine(value => key === 'http' || value !== '', { error: 'form.required' }), to: number }), body)
}

/** What a test's form begins with. */
export const testTyped = (typed: Body | null, row: GatewayRow, channels: readonly ChannelRow[]): Body => typed ?? { channel: channels.find(({ gateway_id: id }) => id === row.id)?.channel ?? 'sms', sender: typedText({ sender: channels.find(({ gateway_id: id }) => id === row.id)?.sender ?? '' }, 'sender'), to: '' }
