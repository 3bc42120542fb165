/** What a request's address carries, as Fastify parses it. */
export type Query = Record<string, string | string[] | undefined>

/** Names and values in the order in which they stand in an address. */
export type Pairs = [name: string, value: string][]

/** The first value of a parameter, '' when there is none. */
export function one (value: unknown): string {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}

/** All values of a parameter. */
export const all = (value: unknown): string[] => [value ?? []].flat().filter(each => typeof each === 'string')

/** A text that people typed, in one line. */
// eslint-disable-next-line no-control-regex
export const typed = (value: unknown, max = 100): string => one(value).normalize('NFC').replace(/[\u0000-\u001f]+/g, ' ').trim().slice(0, max)

/** Reads an address that was kept as text. */
export function parsed (text: string): Query {
  const query: Query = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) query[name] = name in query ? [query[name]!, value].flat() : value
  return query
}

/** As it stands behind the question mark; a comma may stay one there. */
export const textOf = (pairs: Pairs): string => new URLSearchParams(pairs).toString().replaceAll('%2C', ',')

// What stands beside a view in an address: a search within it, and a page of it.
const BESIDE = ['view', 'q', 'after', 'before', 'tidy']

/** Whether an address says by itself what the list is to show, in whole. */
const saysAll = (query: Query): boolean => Object.keys(query).some(name => !BESIDE.includes(name))

/** Whether an address says nothing at all: whoever comes by it gets the list as it opens for them. */
export const saysNothing = (query: Query): boolean => Object.keys(query).length === 0

/** The view an address names, and the address as it would be without a view: of one that is only named, what the view keeps. */
export function meant<V extends { id: number, query: string }> (query: Query, views: readonly V[]): { view: V | null, query: Query } {
  const view = views.find(({ id }) => String(id) === one(query.view)) ?? null
  if (!view || saysAll(query)) return { view, query }
  return { view, query: { ...parsed(view.query), q: query.q, after: query.after, before: query.before } }
}

/** Where in a list somebody is. */
export interface Place {
  /** The list: "/clients". */
  path: string
  /** The view they are in, and what it keeps. */
  view: { id: number, query: string } | null
  /** Whether the bare path opens a view, and what the list shows when it doesn't: "all" unless it says so. */
  opensView: boolean
  usual?: string
}

/** The address of a list: as short as its view allows, and never the bare one where that would open something else. */
export function addressOf ({ path, view, opensView, usual = 'all' }: Place, kept: Pairs, { q = '', after, before }: { q?: string, after?: number | null, before?: number | null } = {}): string {
  const isView = view?.query === textOf(kept)
  const pairs: Pairs = [
    ...view ? [['view', String(view.id)]] as Pairs : [],
    ...q ? [['q', q]] as Pairs : [],
    ...isView ? [] : kept,
    ...after ? [['after', String(after)]] as Pairs : before ? [['before', String(before)]] as Pairs : []
  ]
  if (kept.length === 0 && (view ? !isView : opensView && pairs.length === 0)) pairs.push(['show', usual])
  const text = textOf(pairs)
  return text ? `${path}?${text}` : path
}
