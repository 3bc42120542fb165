import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { Point } from '../../map/queries.js'
import type { Client } from '../client.js'
import type { PlaceRef } from '../feed/event.js'
import { recordEvent } from '../feed/record.js'
import { fingerprint } from '../../web/fingerprint.js'
import { visibleTo } from '../visibility.js'

/** Where a client is on the map. */
export interface Place extends PlaceRef {
  /** Who put the pin there by hand, and when. */
  by: string | null
  at: Date | null
}

/** Where the client is, or null when nobody knows yet. */
export async function findPlace (db: Db, clientId: number): Promise<Place | null> {
  const row = await db('clients').where({ id: clientId }).whereNotNull('latitude').first(db.raw('latitude::float8, longitude::float8, place_source as source, place_address as address'))
  if (!row) return null
  const moved = row.source === 'hand' && await db('events').leftJoin('employees', 'employees.id', 'employee_id')
    .where({ client_id: clientId, kind: 'place.changed' }).orderBy('events.id', 'desc').first('employees.name as by', 'at')
  return { ...row, by: moved?.by ?? null, at: moved?.at ?? null }
}

/** What a form tells its writer saw: the address, and the pin if somebody put it there. What was found for the address is nobody's work. */
export const placePrint = (client: Pick<Client, 'address'>, place: Place | null): string =>
  fingerprint([client.address, place?.source === 'hand' ? [place.latitude, place.longitude] : null])

/** Keeps where the client's address was found. A pin that somebody put there stays, and so does a place when the address isn't that any more. */
export async function keepFound (db: Db, client: Pick<Client, 'id' | 'address'>, { latitude, longitude }: Point): Promise<void> {
  await db('clients').where({ id: client.id, address: client.address }).whereRaw("place_source is distinct from 'hand'")
    .update({ latitude, longitude, place_source: 'geocoder', place_address: client.address })
}

/**
 * Puts the client's pin somewhere else, or takes it away, and tells the feed. Only what it is called by may differ: then nothing is
 * told. Returns the event's id, or null when the pin was there already. The client has to be locked.
 */
export async function movePlace (trx: Db, by: Viewer, clientId: number, old: PlaceRef | null, to: PlaceRef | null): Promise<number | null> {
  await trx('clients').where({ id: clientId }).update({
    latitude: to?.latitude ?? null, longitude: to?.longitude ?? null, place_source: to?.source ?? null, place_address: to?.address ?? null
  })
  if (isSame(old, to) && old?.source === to?.source) return null
  return recordEvent(trx, by, clientId, 'place.changed', { old: old && refOf(old), new: to && refOf(to) })
}

/** A move of the pin that can be undone. Throws NotFound. */
export async function findMove (db: Db, clientId: number, eventId: number | null): Promise<{ old: PlaceRef | null, new: PlaceRef | null }> {
  const event = eventId === null ? undefined : await db('events').where({ id: eventId, client_id: clientId, kind: 'place.changed' }).first('details')
  if (!event) throw new NotFound()
  return event.details
}

/** Where to open the map for a client who has no place yet: near the last one who has, to a tenth of a degree. */
export async function findSurroundings (db: Db, viewer: Viewer): Promise<Point | null> {
  const row = await db('clients').whereNotNull('latitude').modify(visibleTo(viewer)).orderBy('id', 'desc').first(db.raw('round(latitude, 1)::float8 as latitude, round(longitude, 1)::float8 as longitude'))
  return row ?? null
}

export const isSame = (one: Point | null, other: Point | null): boolean => one?.latitude === other?.latitude && one?.longitude === other?.longitude

const refOf = ({ latitude, longitude, source, address }: PlaceRef): PlaceRef => ({ latitude, longitude, source, address })
