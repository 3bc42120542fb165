import { createHash } from 'node:crypto'
import { changesBetween, recordChanges, type Actor } from '../audit/record.js'
import type { Db } from '../database/knex.js'

/** Where the map's pictures and places come from. */
export interface MapSettings {
  /** With {z}, {x} and {y}. */
  tile_url: string
  /** Who has to be named on the map, and where that leads. */
  attribution: string
  attribution_url: string
  /** Answers as Nominatim's /search does; '' looks nothing up. */
  geocoder_url: string
  /** An e-mail or address by which the geocoder's people reach the company; ''. */
  contact: string
}

/** A point, in degrees of WGS 84. */
export interface Point { latitude: number, longitude: number }

/** What a geocoder says of an address; `place` is null when there is no such address. */
export interface Answer { place: Point & { label: string } | null }

export interface Question { geocoder: string, country: string, query: string }

const SETTINGS = ['tile_url', 'attribution', 'attribution_url', 'geocoder_url', 'contact'] as const

export async function findMapSettings (db: Db): Promise<MapSettings> {
  return await db('map_settings').first(SETTINGS) as MapSettings
}

/** Keeps the settings, unless they aren't what the writer saw any more. Returns whether they were kept. */
export async function saveMapSettings (db: Db, by: Actor, values: MapSettings, isSeen: (now: MapSettings) => boolean): Promise<boolean> {
  return db.transaction(async trx => {
    const before = await trx('map_settings').forUpdate().first(SETTINGS) as MapSettings
    if (!isSeen(before)) return false
    await trx('map_settings').update(values)
    await recordChanges(trx, by, 'settings.map', { changes: changesBetween({ ...before }, { ...values }) })
    return true
  })
}

/** Of a found address this long, of one that isn't there a week: somebody may put it into the map. */
const DAYS = { found: 180, missing: 7 }

/** What was answered before, unless it is too long ago; undefined when nothing was. */
export async function findAnswer (db: Db, question: Question): Promise<Answer | undefined> {
  const row = await db('geocoder_answers').where({ key: keyOf(question) }).where('expires_at', '>', db.fn.now())
    .first(db.raw('latitude::float8, longitude::float8, label'))
  return row && { place: row.latitude === null ? null : row }
}

/** Keeps an answer for everybody, and drops those that are too old. */
export async function keepAnswer (db: Db, question: Question, { place }: Answer): Promise<void> {
  await db('geocoder_answers').where('expires_at', '<=', db.fn.now()).delete()
  await db('geocoder_answers').insert({
    key: keyOf(question), query: question.query, latitude: place?.latitude ?? null, longitude: place?.longitude ?? null, label: place?.label ?? '',
    expires_at: db.raw("now() + ? * interval '1 day'", [place ? DAYS.found : DAYS.missing])
  }).onConflict('key').merge()
}

const keyOf = ({ geocoder, country, query }: Question) => createHash('sha256').update(JSON.stringify([geocoder, country, query])).digest('base64url')

/**
 * Takes the next turn to ask the geocoder: turns are more than a second apart, whichever process takes them. Gives the milliseconds
 * to wait for it, or null when too many are waiting already (or the geocoder asked for a pause).
 */
export async function takeTurn (db: Db): Promise<number | null> {
  const { rows: [row] } = await db.raw(`
    update geocoder_turn set next_at = greatest(next_at, clock_timestamp()) + interval '1100 milliseconds'
    where next_at < clock_timestamp() + interval '4 seconds'
    returning greatest(0, extract(epoch from next_at - interval '1100 milliseconds' - clock_timestamp()) * 1000)::float8 as wait`)
  return row ? Math.ceil(row.wait) : null
}

/** Lets nobody ask for so many seconds. */
export async function pauseTurns (db: Db, seconds: number): Promise<void> {
  await db.raw("update geocoder_turn set next_at = greatest(next_at, clock_timestamp() + ? * interval '1 second')", [seconds])
}
