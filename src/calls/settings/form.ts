import { z } from 'zod'
import { issue, oneOf, optionalId, readForm, text, tick, type Body, type Form } from '../../web/form.js'
import { CHECKS, FIELDS, MEANINGS, type MappedField, type Meaning, type WebhookConfig } from '../adapters/webhook.js'
import type { AriConfig } from '../adapters/ari-config.js'
import type { TwilioConfig } from '../adapters/twilio.js'
import { ADAPTERS } from '../call.js'
import type { AdapterConfigs, TelephonySettings, TelephonyValues, WithSecret } from './queries.js'

const oneLine = (max: number) => text(max).refine(value => !value.includes('\n'), { error: 'form.invalid' })
const must = (max: number) => oneLine(max).refine(value => value !== '', { error: 'form.required' })
const list = (max: number) => oneLine(max).transform(value => [...new Set(value.split(',').map(one => one.trim()).filter(Boolean))])

/** An address that a server may be asked at, without a password in it; secrets go to others than this machine by https alone, unless the network is the company's own (`near`). */
function webAddress (value: string, context: z.RefinementCtx, near: boolean): string {
  if (value === '') return ''
  const url = URL.canParse(value) ? new URL(value) : null
  const isHere = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (!url || url.username || url.password || !(url.protocol === 'https:' || (url.protocol === 'http:' && (near || isHere)))) context.addIssue(issue('telephony.address_wrong'))
  return value.replace(/\/+$/, '')
}

const general = {
  adapter: oneOf(ADAPTERS),
  scheme: oneOf(['tel', 'sip']),
  sip_domain: oneLine(253).refine(value => value === '' || /^[\w.:[\]-]+$/.test(value), { error: 'telephony.domain_wrong' }),
  missed_type: optionalId,
  secret: z.preprocess(value => typeof value === 'string' ? value.trim() : '', z.string().max(300, { error: 'form.invalid' })),
  version: z.coerce.number().int().min(0).catch(0)
}

const webhook = z.object({
  ...general,
  check: oneOf(CHECKS),
  header: oneLine(60).refine(value => value === '' || /^[\w-]+$/.test(value), { error: 'telephony.header_wrong' }),
  ...Object.fromEntries(FIELDS.map(name => [`field_${name}`, name === 'id' || name === 'state' || name === 'caller' ? must(100) : oneLine(100)])) as Record<`field_${MappedField}`, ReturnType<typeof oneLine>>,
  ...Object.fromEntries(MEANINGS.map(name => [`means_${name}`, list(300)])) as Record<`means_${Meaning}`, ReturnType<typeof list>>,
  call_url: oneLine(500).transform((value, context) => { webAddress(value.replace(/\{(from|to|id)\}/g, '1'), context, true); return value })
}).superRefine(({ check, header, means_ringing: ringing }, context) => {
  if (check !== 'url' && header === '') context.addIssue({ ...issue('form.required'), path: ['header'] })
  if (ringing.length === 0) context.addIssue({ ...issue('form.required'), path: ['means_ringing'] })
})

const number = /^\+[1-9]\d{5,14}$/
const twilio = z.object({
  ...general,
  account: must(64).refine(value => value === '' || /^AC[0-9a-f]{32}$/i.test(value), { error: 'telephony.account_wrong' }),
  number: must(30).transform(value => value.replace(/[\s()./-]/g, '')).refine(value => value === '' || number.test(value), { error: 'telephony.number_wrong' }),
  rings: list(600).refine(values => values.length <= 10 && values.every(value => number.test(value) || /^sips?:[^\s@]+@[\w.:-]+$/i.test(value)), { error: 'telephony.rings_wrong' }),
  records: tick,
  api: must(200).transform((value, context) => webAddress(value, context, false))
})

const ari = z.object({
  ...general,
  url: must(200).transform((value, context) => webAddress(value, context, true)),
  user: must(100),
  app: must(60).refine(value => value === '' || /^[\w-]+$/.test(value), { error: 'form.invalid' }),
  incoming: list(300).refine(values => values.length > 0, { error: 'form.required' }),
  endpoint: must(100).superRefine((value, context) => { if (value !== '' && !value.includes('{extension}')) context.addIssue(issue('telephony.endpoint_wrong', { example: 'PJSIP/{extension}' })) }),
  outgoing: must(80)
})

/** Reads the telephony: of the adapter chosen all that its form asks for; what stands in the forms of the others is left. */
export function readTelephonyForm (body: unknown): Form<TelephonyValues> {
  const { adapter } = (body ?? {}) as Body
  if (adapter === 'webhook') return as(readForm(webhook, body), webhookOf)
  if (adapter === 'twilio') return as(readForm(twilio, body), ({ account, number, rings, records, api }) => ({ account, number, rings, records, api }) satisfies TwilioConfig)
  if (adapter === 'ari') return as(readForm(ari, body), ({ url, user, app, incoming, endpoint, outgoing }) => ({ url, user, app, incoming, endpoint, outgoing }) satisfies AriConfig)
  return as(readForm(z.object(general), body), () => null)
}

type General = z.output<z.ZodObject<typeof general>>

function as<T extends General> (form: Form<T>, configOf: (values: T) => AdapterConfigs[WithSecret] | null): Form<TelephonyValues> {
  if (form.errors) return form
  const { adapter, scheme, sip_domain, missed_type, secret, version } = form.values
  return { values: { adapter, scheme, sip_domain, missed_type, secret, version, config: configOf(form.values) }, typed: form.typed }
}

function webhookOf (values: z.output<typeof webhook>): WebhookConfig {
  const { check, header, call_url } = values
  return {
    check, header, call_url,
    fields: Object.fromEntries(FIELDS.map(name => [name, values[`field_${name}`]])) as Record<MappedField, string>,
    meanings: Object.fromEntries(MEANINGS.map(name => [name, values[`means_${name}`].map(word => word.toLowerCase())])) as Record<Meaning, string[]>
  }
}

/** What the form shows before anything was typed. */
export function telephonyTyped ({ adapter, scheme, sipDomain, missedType, configs: { webhook, twilio, ari }, version }: TelephonySettings): Body {
  return {
    adapter, scheme, sip_domain: sipDomain, missed_type: String(missedType ?? ''), version: String(version),
    check: webhook.check, header: webhook.header, call_url: webhook.call_url,
    ...Object.fromEntries(FIELDS.map(name => [`field_${name}`, webhook.fields[name]])),
    ...Object.fromEntries(MEANINGS.map(name => [`means_${name}`, webhook.meanings[name].join(', ')])),
    account: twilio.account, number: twilio.number, rings: twilio.rings.join(', '), ...(twilio.records && { records: 'on' }), api: twilio.api,
    url: ari.url, user: ari.user, app: ari.app, incoming: ari.incoming.join(', '), endpoint: ari.endpoint, outgoing: ari.outgoing
  }
}
