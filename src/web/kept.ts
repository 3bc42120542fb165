import type { Eta } from 'eta'
import { escape } from './templates.js'

/** A row of a list as the database tells of it. */
export interface KeptRow<T extends object = object> {
  readonly id: number
  /** All that the row says, in one text: two of the same text look the same. */
  readonly text: string
  /** The same, taken apart. */
  read (): T
}

type Generation = Map<string, Map<string, string>>

// Characters of what is kept and of what it is kept by, in each of two generations: some hundreds of rows.
const MOST = 1_200_000

/**
 * What was rendered before, by all of what it was rendered of: nothing in it can be older than that, or meant for somebody else. What is asked for
 * again passes into the younger generation as that fills; what isn't goes with the elder.
 */
export class Kept {
  private young: Generation = new Map()
  private elder: Generation = new Map()
  private size = 0

  constructor (private readonly most = MOST) {}

  /** One text after the other, of each key; all of them hang on `of`, too. */
  joined (of: string, keys: readonly string[], make: (place: number) => string): string {
    const elder = this.elder.get(of)
    let young = this.young.get(of), all = ''
    if (!young) this.young.set(of, young = new Map())
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place]!
      let html = young.get(key)
      if (html === undefined) {
        young.set(key, html = elder?.get(key) ?? inOnePiece(make(place)))
        this.size += key.length + html.length
      }
      all += html
    }
    if (this.size > this.most) [this.elder, this.young, this.size] = [this.young, new Map(), 0]
    return all
  }
}

/** A string that was put together holds on to all its pieces, which weigh many times as much. */
const inOnePiece = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('latin1')

// One for all applications of a process, as the templates are.
const kept = new Kept()

/** Stands in what is kept for the rest of an address, which is another on each page. No text of the database can hold it. */
const HOLE = '\0'

/** What the rows of a page have in common. */
export interface Common {
  /** What they are rendered of besides themselves: values that JSON can write, and pure functions. */
  of: object
  /** Whose row is ticked: the partial's `ticked`. */
  ticked?: ReadonlySet<number> | null
  /** Text that stands in each row where the partial has `within`. */
  within?: string
}

/**
 * Renders a partial for each row of a page, but for those that were rendered like it before. It is given `row`, `ticked`, `within`, what `of` has and `words`
 * (t, fmt, icon, say), and nothing else of the page, so that it can't show what isn't in the key: no rights, no viewer. `reader` says in which words
 * they read, and on which day: of the clock a row may show no more than the day tells, or its text has to have it.
 */
export function keptRows (eta: Eta, words: object, reader: string, partial: string, rows: readonly KeptRow[], { of, ticked, within = '' }: Common): string {
  const isTicked = (row: KeptRow) => ticked?.has(row.id) ?? false
  const keys = rows.map(row => isTicked(row) ? `${row.text}✓` : row.text)
  const html = kept.joined(`${partial} ${reader} ${JSON.stringify(of)}`, keys, place => {
    const row = rows[place]!
    return eta.render(partial, { ...words, ...of, row: row.read(), ticked: isTicked(row), within: within && HOLE })
  })
  return within ? html.replaceAll(HOLE, escape(within)) : html
}
