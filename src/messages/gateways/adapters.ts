import type { Adapter } from './adapter.js'
import { http } from './http.js'
import { infobip } from './infobip.js'
import { twilio } from './twilio.js'

/** The adapters there are, by their keys. */
export const ADAPTERS: Readonly<Record<string, Adapter>> = { twilio, infobip, http }
export const ADAPTER_KEYS = ['twilio', 'infobip', 'http'] as const

export const adapterOf = (key: string): Adapter => ADAPTERS[key]!
