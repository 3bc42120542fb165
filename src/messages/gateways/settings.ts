import { changesBetween, recordChanges } from '../../audit/record.js'
import { findCompany } from '../../installation/queries.js'
import { fingerprint } from '../../web/fingerprint.js'
import { Refusal } from '../../web/refusal.js'
import type { FieldErrors } from '../../web/form.js'
import { translator } from '../../web/i18n.js'
import type { Viewer } from '../../web/viewer.js'
import type { SendFate } from '../fate.js'
import type { Adapter, GatewayChannel, Values } from './adapter.js'
import { adapterOf } from './adapters.js'
import type { GatewayValues } from './form.js'
import { openGateway, secretsOf, SECRETS, type Parts } from './open.js'
import { addGateway, findGateway, writeGateway, type GatewayRow } from './queries.js'

/** Adds a gateway. Returns its id. Throws Refusal. */
export async function makeGateway ({ db, sealer }: Parts, by: Viewer, adapter: Adapter, { name, fields }: GatewayValues): Promise<number> {
  const [settings, secrets] = parted(adapter, fields)
  const missing = adapter.fields.filter(({ kind, required, name }) => kind === 'secret' && required && !secrets[name])
  if (missing.length > 0) throw new Refusal(Object.fromEntries(missing.map(({ name }) => [name, { key: 'form.required' }])))
  const sealed = await sealedFrom(sealer, secrets)
  return db.transaction(async trx => {
    const id = await addGateway(trx, { adapter: adapter.key, name, settings, secrets: sealed })
    await recordChanges(trx, by, 'messages.gateway', { subject: { type: 'gateway', id, name }, changes: changesBetween({}, audited(adapter, name, settings, sealed)) })
    return id
  })
}

/**
 * Changes a gateway. An empty secret keeps the one there is, but only while the gateway leads where it led when that was typed: else
 * whoever may change it could have the secret sent to a server of theirs. Throws Refusal and NotFound.
 */
export async function changeGateway ({ db, sealer }: Parts, by: Viewer, before: GatewayRow, { name, fields, version }: GatewayValues): Promise<void> {
  const adapter = adapterOf(before.adapter)
  const [settings, typed] = parted(adapter, fields)
  const known = await secretsOf(sealer, before) ?? {}
  const leadsElsewhere = adapter.fields.some(({ leads, name }) => leads && settings[name] !== before.settings[name])
  const errors: FieldErrors = {}
  const secrets: Values = {}
  for (const { name, kind, group, required } of adapter.fields) {
    if (kind !== 'secret') continue
    const isKept = !typed[name] && known[name]
    if (isKept && leadsElsewhere && group !== 'hook') errors[name] = { key: 'gateways.secret_again' }
    else if (typed[name] || isKept) secrets[name] = typed[name] || known[name]!
    else if (required) errors[name] = { key: 'form.required' }
  }
  if (Object.keys(errors).length > 0) throw new Refusal(errors)
  const isSame = JSON.stringify(secrets) === JSON.stringify(known)
  const sealed = isSame ? before.secrets : await sealedFrom(sealer, secrets)
  await db.transaction(async trx => {
    await writeGateway(trx, before.id, version, { name, settings, secrets: sealed })
    const changes = changesBetween(audited(adapter, before.name, before.settings, before.secrets), audited(adapter, name, settings, sealed))
    await recordChanges(trx, by, 'messages.gateway', { subject: { type: 'gateway', id: before.id, name }, changes })
  })
}

export interface Test { channel: GatewayChannel, sender: string, to: string }

/** Sends a test through a gateway as it is saved, also one that serves nothing yet, and gives what it said. */
export async function sendTest (parts: Parts, { language }: Viewer, id: number, { channel, sender, to }: Test): Promise<SendFate> {
  const row = await findGateway(parts.db, id)
  const secrets = await secretsOf(parts.sealer, row)
  if (!secrets) return { state: 'failed', problem: 'sealed', said: '' }
  const gateway = openGateway(row, { secrets, sender, perMinute: null, hookUrl: null })
  const t = translator(language)
  const text = t('gateways.test_text', { company: (await findCompany(parts.db)).name })
  try {
    return await gateway.send({
      id: 0, cause: 'hand', channel, address: to, addressName: '', clientId: null, emailId: null, subject: null, text, html: null, key: crypto.randomUUID(),
      messageId: null, inReplyTo: null, references: [], attempts: 1, attachments: []
    })
  } finally {
    gateway.close()
  }
}

function parted ({ fields }: Adapter, values: Values): [settings: Values, secrets: Values] {
  const of = (isSecret: boolean) => Object.fromEntries(fields.filter(({ kind }) => (kind === 'secret') === isSecret).map(({ name }) => [name, values[name] ?? '']))
  return [of(false), of(true)]
}

async function sealedFrom (sealer: Parts['sealer'], secrets: Values): Promise<string | null> {
  const there = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ''))
  return Object.keys(there).length === 0 ? null : sealer.seal(JSON.stringify(there), SECRETS)
}

// What leads elsewhere is told in full; of a text of several lines, in which somebody may have written a password, that it is another; of secrets that they are.
function audited ({ key, fields }: Adapter, name: string, settings: Values, sealed: string | null) {
  const some = (leads: boolean) => fields.filter(field => field.kind !== 'secret' && Boolean(field.leads) === leads && settings[field.name]).map(field => field.leads ? settings[field.name] : `${field.name}: ${field.kind === 'lines' ? `#${fingerprint(settings[field.name]).slice(0, 6)}` : settings[field.name]}`).join('; ')
  return { name, gateway_adapter: key, gateway_address: some(true), gateway_settings: some(false), gateway_secrets: sealed }
}
