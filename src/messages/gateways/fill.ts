/** What stands in a template of a request, between double braces. */
export const PLACES = ['to', 'to_digits', 'from', 'text', 'key', 'channel', 'secret'] as const
export type Place = (typeof PLACES)[number]
export type Fillings = Record<Place, string>

/** Where a template stands: what is filled in is written so that it stays one value there. */
export type Kind = 'url' | 'form' | 'json' | 'plain' | 'header'

const ESCAPES: Record<Kind, (value: string) => string> = {
  url: encodeURIComponent,
  form: encodeURIComponent,
  json: value => JSON.stringify(value).slice(1, -1),
  plain: value => value,
  // eslint-disable-next-line no-control-regex
  header: value => value.replace(/[^\x20-\x7e]/g, '')
}

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Fills a template in. A lone surrogate, which no encoding has, is replaced. */
export const fill = (template: string, kind: Kind, fillings: Fillings): string =>
  template.replace(PLACE, (whole, name: string) => isPlace(name) ? ESCAPES[kind](fillings[name].replace(/\p{Surrogate}/gu, '\ufffd')) : whole)

/** The first name in a template that stands for nothing, or null. */
export function unknownPlace (template: string): string | null {
  for (const [, name = ''] of template.matchAll(PLACE)) if (!isPlace(name)) return name
  return null
}

/** The names that a template fills in. */
export const placesIn = (template: string): Set<string> => new Set([...template.matchAll(PLACE)].map(([, name = '']) => name))

const isPlace = (name: string): name is Place => (PLACES as readonly string[]).includes(name)

/** What stands at a path such as "messages.0.id" in something that was JSON, as text; undefined when nothing does. */
export function valueAt (of: unknown, path: string): string | undefined {
  let at = of
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return typeof at === 'string' ? at : typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined
}

/** "name: value" of each line, as headers; null when a line is none. */
export function headersIn (lines: string): [name: string, value: string][] | null {
  const headers = lines.split('\n').map(line => line.trim()).filter(Boolean).map(line => /^([!#$%&'*+.^_`|~0-9a-z-]+)\s*:\s*(.*)$/i.exec(line))
  return headers.every(header => header !== null) ? headers.map(([, name = '', value = '']) => [name, value]) : null
}

/** The words of a list such as "delivered, DELIVRD", small. */
export const wordsIn = (list: string): string[] => list.split(/[,\n]/).map(word => word.trim().toLowerCase()).filter(Boolean)
