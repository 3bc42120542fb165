import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Db } from '../database/knex.js'
import { inRoot } from '../paths.js'
import { findAnswer, keepAnswer, pauseTurns, takeTurn, type Answer, type MapSettings, type Question } from './queries.js'

const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { version: string }

const LONGEST = 8_000
const BIGGEST = 256 * 1024

/** Why nothing was looked up: too many wait (or the geocoder wants a pause), it refuses us, it gave no answer that can be read, or there is none. */
export type Problem = 'busy' | 'refused' | 'failed' | 'off'

export interface Looking {
  settings: MapSettings
  address: string
  /** ISO 3166-1 alpha-2; of several places of one name the one there is meant. */
  country: string
  /** What the place shall be called in. */
  language: string
  /** Milliseconds the geocoder may take. */
  timeout?: number
}

/**
 * Finds where an address is: from what was answered before, else by asking the geocoder that the settings name, in turn. Asked only when
 * a person wants to see it, never while they type (https://operations.osmfoundation.org/policies/nominatim/). The address of the
 * geocoder is an administrator's word and may well be in one's own network; it is asked plainly, for JSON, and follows no redirect.
 */
export async function lookUp (db: Db, { settings, address, country, language, timeout = LONGEST }: Looking): Promise<Answer | { problem: Problem }> {
  const question: Question = { geocoder: settings.geocoder_url, country, query: plainAddress(address) }
  if (question.geocoder === '') return { problem: 'off' }
  if (question.query === '') return { place: null }
  const known = await findAnswer(db, question)
  if (known) return known

  const wait = await takeTurn(db)
  if (wait === null) return { problem: 'busy' }
  if (wait > 0) {
    await sleep(wait)
    const meanwhile = await findAnswer(db, question)
    if (meanwhile) return meanwhile
  }
  const asked = await ask(question, settings.contact, language, timeout)
  if ('pause' in asked) await pauseTurns(db, asked.pause)
  if ('problem' in asked) return { problem: asked.problem }
  await keepAnswer(db, question, asked)
  return asked
}

/** One spelling for what differs only in spaces, commas and capitals. */
export const plainAddress = (address: string): string =>
  address.normalize('NFC').toLowerCase().replace(/\s*[\n,;][\s,;]*/g, ', ').replace(/\s+/g, ' ').replace(/^[, ]+|[, ]+$/g, '')

const degrees = (most: number) => z.union([z.string().regex(/^-?\d{1,3}(\.\d+)?$/), z.number()]).transform(Number).pipe(z.number().min(-most).max(most))
const found = z.array(z.object({
  lat: degrees(90),
  lon: degrees(180),
  display_name: z.string().default(''),
  address: z.object({ country_code: z.string().optional() }).optional()
})).max(50)

async function ask ({ geocoder, country, query }: Question, contact: string, language: string, timeout: number): Promise<Answer | { problem: Problem } | { problem: Problem, pause: number }> {
  const url = new URL(geocoder)
  for (const [name, value] of Object.entries({ q: query, format: 'jsonv2', limit: '5', addressdetails: '1' })) url.searchParams.set(name, value)
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
      headers: { 'User-Agent': `Clientela/${version}${contact && ` (${contact})`}`, Accept: 'application/json', 'Accept-Language': language }
    })
    if (response.ok) return choose(found.parse(JSON.parse(await readText(response))), country)
    await response.body?.cancel()
    if (response.status === 429 || response.status === 503) return { problem: 'busy', pause: pauseOf(response.headers.get('retry-after')) }
    return { problem: response.status === 401 || response.status === 403 ? 'refused' : 'failed' }
  } catch {
    return { problem: 'failed' } // no network, too slow, too big, a redirect, or not what was asked for
  }
}

/** The first place in the company's own country, else the first there is. */
function choose (places: z.output<typeof found>, country: string): Answer {
  const place = places.find(({ address }) => address?.country_code?.toUpperCase() === country) ?? places[0]
  return { place: place ? { latitude: rounded(place.lat), longitude: rounded(place.lon), label: place.display_name.slice(0, 500) } : null }
}

/** Six decimals of a degree are 11 cm. */
export const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

// RFC 9110 allows a date as well; either way between a minute and an hour.
function pauseOf (retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? '') || (Date.parse(retryAfter ?? '') - Date.now()) / 1000
  return Math.min(3600, Math.max(60, seconds || 60))
}

async function readText (response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > BIGGEST) throw new Error('too big')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
