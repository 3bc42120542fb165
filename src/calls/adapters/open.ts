import type { FastifyInstance } from 'fastify'
import { hookOf } from '../hooks/twilio.js'
import { findTelephony, makesCalls, secretOf } from '../settings/queries.js'
import { CallRefused, type Dialer } from './adapter.js'
import { ariDialer } from './ari.js'
import { twilioDialer } from './twilio.js'
import { webhookDialer } from './webhook.js'
import type { AdapterName } from '../call.js'

/** What makes calls by the settings as they are now; null when they make none. Throws CallRefused when its secret can't be read. */
export async function openDialer ({ db, sealer, publicUrl }: Pick<FastifyInstance, 'db' | 'sealer' | 'publicUrl'>): Promise<{ adapter: AdapterName, dialer: Dialer } | null> {
  const settings = await findTelephony(db)
  const { adapter, configs } = settings
  if (adapter === 'none' || !makesCalls(settings)) return null
  const secret = await secretOf(sealer, settings, adapter)
  if (secret === null) throw new CallRefused('secret')
  if (adapter === 'twilio') return { adapter, dialer: twilioDialer(configs.twilio, secret, hookOf(await publicUrl())) }
  return { adapter, dialer: adapter === 'ari' ? ariDialer(configs.ari, secret) : webhookDialer(configs.webhook, secret) }
}
