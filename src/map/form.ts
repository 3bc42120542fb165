import { z } from 'zod'
import { issue, readForm, required, text } from '../web/form.js'
import type { MapSettings } from './queries.js'

// The three every tile has, a server's letter, and twice the pixels; Leaflet knows what they stand for.
const PLACEHOLDERS = ['{z}', '{x}', '{y}', '{s}', '{r}']
const SERVERS = ['a', 'b', 'c']

/** The address as it is, or null for what no browser and no fetch may be sent to: only http and https, and no name with a password in it. */
function webAddress (value: string): URL | null {
  const url = URL.canParse(value) ? new URL(value) : null
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : null
}

const address = (value: string, context: z.RefinementCtx) => {
  if (value !== '' && !webAddress(value)) context.addIssue(issue('map.address_wrong'))
}

const tileAddress = required(300).superRefine((value, context) => {
  if (value === '') return // said already
  const used: string[] = value.match(/\{[^}]*\}/g) ?? []
  const missing = PLACEHOLDERS.slice(0, 3).filter(name => !used.includes(name))
  const host = webAddress(value.replaceAll(/\{[a-z]\}/g, 'a')) && /^https?:\/\/([^/?#]*)/i.exec(value)![1]!
  if (!host) context.addIssue(issue('map.address_wrong'))
  else if (missing.length > 0) context.addIssue(issue('map.placeholders_missing', { names: missing.join(' ') }))
  else if (used.some(name => !PLACEHOLDERS.includes(name))) context.addIssue(issue('map.placeholder_unknown', { name: used.find(name => !PLACEHOLDERS.includes(name)) }))
  // The host is what the page allows pictures from: only the server's letter may vary in it.
  else if (/[{}]/.test(host.replace(/^\{s\}\./, '')) || /[{}]/.test(value.replaceAll(/\{[a-z]\}/g, ''))) context.addIssue(issue('map.placeholder_in_host', { example: 'https://{s}.example.com' }))
})

const schema = z.object({
  tile_url: tileAddress,
  attribution: required(200),
  attribution_url: required(300).superRefine(address),
  geocoder_url: text(300).superRefine(address),
  contact: text(200).refine(value => /^[\x20-\x7e]*$/.test(value), { error: 'map.contact_wrong' }), // it goes into a header
  was: z.string().max(64).default('').catch('')
})

export type MapSettingsForm = z.output<typeof schema>

/** Reads where the map's pictures and places come from. */
export const readMapSettings = (body: unknown) => readForm(schema, body)

/** The origins that a tile address leads to: one, or one for each server's letter. */
export function tileOrigins ({ tile_url: url }: Pick<MapSettings, 'tile_url'>): string[] {
  const servers = url.includes('{s}') ? SERVERS : ['']
  return [...new Set(servers.map(server => new URL(url.replaceAll('{s}', server).replaceAll(/\{[a-z]\}/g, '0')).origin))]
}
