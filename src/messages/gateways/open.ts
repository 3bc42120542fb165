import type { FastifyInstance } from 'fastify'
import type { SendFate } from '../fate.js'
import type { Gateway, OpenGateway, Outgoing } from '../sending/gateway.js'
import type { GatewayChannel, Values } from './adapter.js'
import { adapterOf } from './adapters.js'
import { openAsking, type Limits } from './ask.js'
import { findServing, type GatewayRow } from './queries.js'

// How many requests are on their way at the same time.
const LANES = 8

/** What secrets of gateways are sealed for. */
export const SECRETS = 'gateway secrets'

export type Parts = Pick<FastifyInstance, 'db' | 'sealer' | 'log' | 'publicUrl'>

/** The secrets of a gateway; undefined when they were sealed with another key. */
export async function secretsOf (sealer: Parts['sealer'], { secrets }: Pick<GatewayRow, 'secrets'>): Promise<Values | undefined> {
  if (secrets === null) return {}
  const opened = await sealer.open(secrets, SECRETS)
  return opened === null ? undefined : JSON.parse(opened) as Values
}

/** The address of a gateway's webhook. */
export const hookUrlOf = async ({ publicUrl }: Pick<Parts, 'publicUrl'>, { hook }: Pick<GatewayRow, 'hook'>): Promise<string> => `${await publicUrl()}/hooks/messages/${hook}`

/** What opens the gateway that serves a channel. */
export const opener = (parts: Parts, channel: GatewayChannel): OpenGateway => async () => {
  const serving = await findServing(parts.db, channel)
  if (!serving) return null
  const { row, sender, perMinute } = serving
  const secrets = await secretsOf(parts.sealer, row)
  if (!secrets) {
    parts.log.error({ gateway: row.id }, 'the secrets of a gateway were sealed with another SECRET_KEY: type them anew under Settings > Gateways')
    return 'closed'
  }
  return openGateway(row, { secrets, sender, perMinute, hookUrl: reachable(await hookUrlOf(parts, row)) })
}

export interface Opening { secrets: Values, sender: string, perMinute: number | null, hookUrl: string | null, limits?: Partial<Limits> }

/** Opens a gateway by its settings. */
export function openGateway ({ id, adapter: key, settings }: GatewayRow, { secrets, sender, perMinute, hookUrl, limits }: Opening): Gateway {
  const adapter = adapterOf(key)
  const { ask, close } = openAsking(LANES, limits)
  const isIdempotent = adapter.isIdempotent(settings)
  let isDown = false
  return {
    name: String(id), isIdempotent, lanes: LANES, perMinute,
    get isDown () { return isDown },
    async send (message: Outgoing) {
      const fate = await adapter.send({ settings, secrets, sender, ask, hookUrl, isIdempotent }, message).catch(unforeseen)
      isDown = fate.state === 'later'
      return fate
    },
    close
  }
}

// Whatever an adapter didn't foresee may have happened after it had asked.
const unforeseen = (error: Error): SendFate => ({ state: 'uncertain', problem: 'other', said: error.message })

// Providers refuse an address that only this machine knows.
function reachable (url: string): string | null {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.') ? null : url
}
