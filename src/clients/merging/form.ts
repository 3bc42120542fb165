import { all, one, type Query } from '../../list-views/address.js'
import { safePath } from '../../sign-in/form.js'
import { idOf, typedText, type Body } from '../../web/form.js'

/** How many clients are merged at once. */
export const MOST_MERGED = 50

/** The clients an address or a form names, "1,2,3" or one by one, in their order, each once. */
export function readIds (query: unknown): number[] {
  const { ids, id } = (query ?? {}) as Query
  return [...new Set([...one(ids).split(','), ...all(id)].map(idOf).filter(id => id !== null))]
}

/** What was chosen on the page that merges. */
export interface MergeForm {
  ids: number[]
  survivor: number | null
  /** Whose value is taken, by the field's name: a client's id, of notes also "all". */
  picks: Map<string, string>
  /** The version of each client that the page showed. */
  seen: Map<number, number>
  /** "Take all from this one": nothing is merged yet. */
  take: number | null
  /** Where it was come from, and Cancel leads. */
  back: string
  token: string
}

export function readMergeForm (input: unknown): MergeForm {
  const body = (input ?? {}) as Body
  const ids = readIds(body)
  const under = (prefix: string) => Object.keys(body).filter(name => name.startsWith(prefix)).map((name): [string, string] => [name.slice(prefix.length), typedText(body, name)])
  return {
    ids,
    survivor: idOf(typedText(body, 'survivor')),
    picks: new Map(under('pick.')),
    seen: new Map(under('seen.').map(([id, version]) => [Number(id), Number(version)])),
    take: idOf(typedText(body, 'take')),
    back: body.back === undefined ? '/clients' : safePath(typedText(body, 'back')),
    token: typedText(body, 'token')
  }
}
