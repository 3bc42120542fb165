import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** How the geocoder answers: what it found, or a way of its own to go wrong. */
export type Geocoding = object[] | ((response: ServerResponse) => void)

export interface MapServer {
  tiles: string
  geocoder: string
  origin: string
  /** What was asked, in its order. */
  lookups: { query: string, headers: IncomingMessage['headers'], url: string }[]
  tilesSent: IncomingMessage['headers'][]
  /** What it answers from now on. */
  answer: Geocoding
}

/** What a Nominatim would say of a place. */
export const found = (lat: number, lon: number, country = 'pl', display_name = `Somewhere, ${country}`) => ({ place_id: 1, lat: String(lat), lon: String(lon), display_name, address: { country_code: country } })

// One pixel of grey, as big as tiles get.
const TILE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGM4DwAA0QDQCkW+1gAAAABJRU5ErkJggg==', 'base64')

/** A server of tiles and of places, as OpenStreetMap's are, for tests. Closed when `t` ends. */
export async function startMapServer (t: Pick<Test, 'teardown'>, answer: Geocoding = [found(51.1078852, 17.0385376)]): Promise<MapServer> {
  const made: MapServer = { tiles: '', geocoder: '', origin: '', lookups: [], tilesSent: [], answer }
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://map')
    if (url.pathname.startsWith('/tiles/')) {
      made.tilesSent.push(request.headers)
      response.setHeader('content-type', 'image/png').end(TILE)
      return
    }
    made.lookups.push({ query: url.searchParams.get('q') ?? '', headers: request.headers, url: request.url! })
    if (typeof made.answer === 'function') made.answer(response)
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(made.answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  made.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(made, { tiles: `${made.origin}/tiles/{z}/{x}/{y}.png`, geocoder: `${made.origin}/search` })
}
