import { changesBetween, recordChanges, type Actor } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import { fingerprint } from '../../web/fingerprint.js'
import { Refusal } from '../../web/refusal.js'
import { wakeChannel } from '../queue.js'
import { GATEWAY_CHANNELS, type GatewayChannel, type Values } from './adapter.js'

/** A gateway as it is set. */
export interface GatewayRow { id: number, adapter: string, name: string, settings: Values, secrets: string | null, hook: string, version: number, retired_at: Date | null }

/** What serves a channel; null: the test mailbox catches what is written there. */
export interface ChannelRow { channel: GatewayChannel, gateway_id: number | null, sender: string, per_minute: number | null }

const COLUMNS = ['id', 'adapter', 'name', 'settings', 'secrets', 'hook', 'version', 'retired_at'] as const

/** All gateways, those in use first. */
export const listGateways = async (db: Db): Promise<GatewayRow[]> => db('gateways').orderByRaw('retired_at is not null, name, id').select(COLUMNS)

/** One of them. Throws NotFound. */
export async function findGateway (db: Db, id: number | null): Promise<GatewayRow> {
  const row = id === null ? undefined : await db('gateways').where({ id }).first(COLUMNS)
  if (!row) throw new NotFound()
  return row
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The gateway whose webhook has this name, also one that is retired: what it took before it may still tell of. Throws NotFound. */
export async function findGatewayByHook (db: Db, hook: string): Promise<GatewayRow> {
  const row = UUID.test(hook) ? await db('gateways').where({ hook }).first(COLUMNS) : undefined
  if (!row) throw new NotFound()
  return row
}

/** Names of gateways by their ids, for the ledger. */
export async function gatewayNames (db: Db, ids: readonly string[]): Promise<Record<string, string>> {
  const numbers = [...new Set(ids)].filter(id => /^\d{1,15}$/.test(id)).map(Number)
  const rows = numbers.length === 0 ? [] : await db('gateways').whereIn('id', numbers).select('id', 'name')
  return Object.fromEntries(rows.map(({ id, name }) => [String(id), name]))
}

/** What serves each channel, in their order. */
export async function listChannels (db: Db): Promise<ChannelRow[]> {
  const rows: ChannelRow[] = await db('channel_gateways').select('channel', 'gateway_id', 'sender', 'per_minute')
  return GATEWAY_CHANNELS.map(channel => rows.find(row => row.channel === channel)!)
}

/** What serves one channel, with its gateway; null when none does. */
export async function findServing (db: Db, channel: GatewayChannel): Promise<{ row: GatewayRow, sender: string, perMinute: number | null } | null> {
  const found = await db('channel_gateways as c').join('gateways as g', 'g.id', 'c.gateway_id').where({ 'c.channel': channel }).whereNull('g.retired_at')
    .first({ sender: 'c.sender', perMinute: 'c.per_minute', ...Object.fromEntries(COLUMNS.map(name => [name, `g.${name}`])) })
  if (!found) return null
  const { sender, perMinute, ...row } = found
  return { row, sender, perMinute }
}

/** The channels that a real gateway serves: what is written on the others the test mailbox catches. */
export async function servedChannels (db: Db): Promise<Set<GatewayChannel>> {
  return new Set(await db('channel_gateways as c').join('gateways as g', 'g.id', 'c.gateway_id').whereNull('g.retired_at').pluck('c.channel'))
}

export interface GatewayWrite { adapter: string, name: string, settings: Values, secrets: string | null }

/** Adds a gateway. Returns its id. */
export async function addGateway (trx: Db, { settings, ...values }: GatewayWrite): Promise<number> {
  const [{ id }] = await trx('gateways').insert({ ...values, settings: JSON.stringify(settings) }).returning('id')
  return id
}

/** Changes a gateway that is still the one of `version`, and lets what waits for it be tried at once. Throws Refusal when it isn't. */
export async function writeGateway (trx: Db, id: number, version: number, { settings, ...values }: Omit<GatewayWrite, 'adapter'>): Promise<void> {
  const changed = await trx('gateways').where({ id, version }).update({ ...values, settings: JSON.stringify(settings), version: version + 1 })
  if (changed === 0) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  await wakeServed(trx, id)
}

/** Retires a gateway that serves nothing, or takes it back. Throws Refusal for one that serves a channel, NotFound when there is nothing to do. */
export async function setRetired (trx: Db, by: Actor, id: number, isRetired: boolean): Promise<void> {
  const row = await trx('gateways').where({ id }).forUpdate().first(COLUMNS)
  if (!row || (row.retired_at !== null) === isRetired) throw new NotFound()
  if (isRetired && await trx('channel_gateways').where({ gateway_id: id }).first('channel')) throw new Refusal({ form: { key: 'gateways.still_serves' } })
  await trx('gateways').where({ id }).update({ retired_at: isRetired ? trx.fn.now() : null, version: row.version + 1 })
  await recordChanges(trx, by, 'messages.gateway', { subject: { type: 'gateway', id, name: row.name }, changes: changesBetween({ retired: !isRetired }, { retired: isRetired }) })
}

export interface ChannelWrite { gateway_id: number | null, sender: string, per_minute: number | null }

/** What a form of the channels was written by: a short stand-in. */
export const printChannels = (channels: readonly ChannelRow[]): string => fingerprint(channels)

/**
 * Says which gateway serves which channel. What waits on a channel that changed goes at once, by what serves it now. Throws Refusal when
 * somebody said otherwise since the writer saw it.
 */
export async function saveChannels (trx: Db, by: Actor, values: Record<GatewayChannel, ChannelWrite>, was: string): Promise<void> {
  await trx('channel_gateways').orderBy('channel').forUpdate().select('channel')
  const before = await listChannels(trx)
  if (was !== printChannels(before)) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  const chosen = GATEWAY_CHANNELS.map(channel => values[channel].gateway_id).filter(id => id !== null)
  const names = new Map<number, string>((await trx('gateways').whereIn('id', [...chosen, ...before.map(({ gateway_id: id }) => id).filter(id => id !== null)]).forShare().select('id', 'name')).map(({ id, name }) => [id, name]))
  for (const row of before) {
    const now = values[row.channel]
    await trx('channel_gateways').where({ channel: row.channel }).update(now)
    const changes = changesBetween(told(row, names), told(now, names))
    await recordChanges(trx, by, 'messages.channel', { subject: { type: 'channel', id: 0, name: row.channel }, changes })
    if (changes.length > 0) await hurry(trx, row.channel)
  }
}

const told = ({ gateway_id: id, sender, per_minute: perMinute }: ChannelWrite, names: Map<number, string>) => ({ gateway: id === null ? null : names.get(id), sender, per_minute: perMinute })

async function wakeServed (trx: Db, id: number): Promise<void> {
  for (const channel of await trx('channel_gateways').where({ gateway_id: id }).pluck('channel')) await hurry(trx, channel)
}

// What failed for now waits ever longer: another gateway may take it at once. What somebody put off stays put off.
async function hurry (trx: Db, channel: GatewayChannel): Promise<void> {
  await trx('messages').where({ channel, state: 'due', direction: 'out' }).where('attempts', '>', 0).where('due_at', '>', trx.fn.now()).update({ due_at: trx.fn.now() })
  await wakeChannel(trx, channel)
}

/** Whether what a stranger writes begins a lead. */
export async function strangersMakeLeads (db: Db): Promise<boolean> {
  return (await db('message_settings').where({ id: 1 }).first('strangers_make_leads')).strangers_make_leads
}

/** Says whether it does. */
export async function saveStrangers (trx: Db, by: Actor, makesLeads: boolean): Promise<void> {
  const before = await trx('message_settings').where({ id: 1 }).forUpdate().first('strangers_make_leads')
  await trx('message_settings').where({ id: 1 }).update({ strangers_make_leads: makesLeads })
  await recordChanges(trx, by, 'messages.strangers', { changes: changesBetween({ strangers_make_leads: before.strangers_make_leads }, { strangers_make_leads: makesLeads }) })
}
