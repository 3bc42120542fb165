import { changesBetween, recordChanges } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { listTypes, typeName } from '../../leads/types.js'
import type { Sealer } from '../../seal.js'
import { translator } from '../../web/i18n.js'
import { wordsOf } from '../../web/labels.js'
import { Refusal } from '../../web/refusal.js'
import type { Viewer } from '../../web/viewer.js'
import { DEFAULT_ARI, type AriConfig } from '../adapters/ari-config.js'
import { DEFAULT_TWILIO, type TwilioConfig } from '../adapters/twilio.js'
import { DEFAULT_WEBHOOK, type WebhookConfig } from '../adapters/webhook.js'
import type { AdapterName } from '../call.js'

/** What the form of each adapter asks for. */
export interface AdapterConfigs { webhook: WebhookConfig, twilio: TwilioConfig, ari: AriConfig }
export type WithSecret = keyof AdapterConfigs

export interface TelephonySettings {
  adapter: AdapterName
  scheme: 'tel' | 'sip'
  sipDomain: string
  /** The type of lead that a missed call makes; null: none. */
  missedType: number | null
  configs: AdapterConfigs
  /** Sealed: see src/seal.ts. */
  secrets: Partial<Record<WithSecret, string>>
  version: number
}

const DEFAULTS: AdapterConfigs = { webhook: DEFAULT_WEBHOOK, twilio: DEFAULT_TWILIO, ari: DEFAULT_ARI }

export async function findTelephony (db: Db, { lock = false } = {}): Promise<TelephonySettings> {
  const row = await db('telephony_settings').modify(query => { if (lock) query.forUpdate() }).first('adapter', 'scheme', 'sip_domain', 'missed_type_id', 'adapters', 'secrets', 'version')
  return { adapter: row.adapter, scheme: row.scheme, sipDomain: row.sip_domain, missedType: row.missed_type_id, configs: { ...DEFAULTS, ...row.adapters }, secrets: row.secrets, version: row.version }
}

/** What a secret is sealed for. */
const PURPOSE = (adapter: WithSecret) => `telephony ${adapter}`

/** The secret of an adapter; null when there is none, or it was sealed with another key. */
export async function secretOf (sealer: Sealer, { secrets }: Pick<TelephonySettings, 'secrets'>, adapter: WithSecret): Promise<string | null> {
  const sealed = secrets[adapter]
  return sealed === undefined ? null : sealer.open(sealed, PURPOSE(adapter))
}

/** What is to be saved: of the adapter chosen its form, and its secret when one was typed. */
export interface TelephonyValues {
  adapter: AdapterName
  scheme: 'tel' | 'sip'
  sip_domain: string
  missed_type: number | null
  config: AdapterConfigs[WithSecret] | null
  secret: string
  version: number
}

/**
 * Saves the telephony. An empty secret keeps the one there is, but only for the server that it was typed for: else whoever may change the address
 * could have the secret sent to one of theirs. Throws Refusal.
 */
export async function saveTelephony (trx: Db, sealer: Sealer, by: Viewer, values: TelephonyValues): Promise<void> {
  const before = await findTelephony(trx, { lock: true })
  if (values.version !== before.version) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  const { adapter, config, secret } = values
  const secrets = { ...before.secrets }
  const configs: AdapterConfigs = { ...before.configs, ...(config && { [adapter]: config }) }
  if (adapter !== 'none') {
    if (secret !== '') secrets[adapter] = await sealer.seal(secret, PURPOSE(adapter))
    else if (secrets[adapter] === undefined) throw new Refusal({ secret: { key: 'form.required' } })
    else if (serverOf(before.configs, adapter) !== serverOf(configs, adapter)) throw new Refusal({ secret: { key: 'telephony.secret_again' } })
  }
  const types = await listTypes(trx)
  if (values.missed_type !== null && !types.some(({ id }) => id === values.missed_type)) throw new Refusal({ missed_type: { key: 'form.choose' } })
  const after: TelephonySettings = { adapter, scheme: values.scheme, sipDomain: values.sip_domain, missedType: values.missed_type, configs, secrets, version: before.version + 1 }
  await trx('telephony_settings').update({ adapter, scheme: after.scheme, sip_domain: after.sipDomain, missed_type_id: after.missedType, adapters: JSON.stringify(configs), secrets: JSON.stringify(secrets), dials: makesCalls(after), version: after.version })
  // Every process that holds a connection to the old one opens the new one.
  await trx.raw("select pg_notify('clientela', ?)", [JSON.stringify({ topic: 'telephony', name: 'telephony' })])
  const t = translator(by.organisation.language)
  const nameOf = (id: number | null) => { const type = types.find(type => type.id === id); return type ? typeName(t, labels => wordsOf(labels, by.organisation.language, by.organisation.language), type) : null }
  await recordChanges(trx, by, 'settings.telephony', { changes: changesBetween(audited(before, nameOf), audited(after, nameOf)) })
}

/** Where the secret is sent, and as whose. */
function serverOf (configs: AdapterConfigs, adapter: WithSecret): string {
  if (adapter === 'twilio') return `${configs.twilio.api} ${configs.twilio.account}`
  return adapter === 'ari' ? `${configs.ari.url} ${configs.ari.user}` : originOrNone(configs.webhook.call_url)
}

const originOrNone = (url: string) => URL.canParse(url) ? new URL(url).origin : ''

/** Whether a press on a number rings somebody here. */
export const makesCalls = ({ adapter, configs }: Pick<TelephonySettings, 'adapter' | 'configs'>): boolean => adapter === 'twilio' || adapter === 'ari' || (adapter === 'webhook' && configs.webhook.call_url !== '')

const audited = ({ adapter, scheme, sipDomain, missedType, configs, secrets }: TelephonySettings, nameOf: (type: number | null) => string | null) => ({
  telephony: adapter,
  number_links: `${scheme}:${sipDomain && `…@${sipDomain}`}`,
  missed_calls: nameOf(missedType),
  telephony_set: adapter === 'none' ? [] : told(configs[adapter]),
  telephony_secret: adapter === 'none' ? null : secrets[adapter] ?? null
})

const told = (config: object): string[] => Object.entries(config).flatMap(([name, value]) => typeof value === 'object' && value !== null && !Array.isArray(value) ? told(value).map(line => `${name}.${line}`) : String(value) === '' ? [] : [`${name}: ${String(value)}`])
