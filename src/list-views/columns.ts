import { all } from './address.js'

const MOST_COLUMNS = 15

/** The columns an address asks for, `columns=phone,email` or one by one, each once; null when it asks for none that there are. */
export function readColumns (known: readonly string[], value: unknown): string[] | null {
  const asked = new Set(all(value).flatMap(list => list.split(',')))
  const columns = [...asked].filter(column => known.includes(column)).slice(0, MOST_COLUMNS)
  return columns.length > 0 ? columns : null
}

/** Every column in the order in which a chooser shows them: as `order` has them, the rest behind. One of them may be moved by a place. */
export function arranged (known: readonly string[], order: readonly string[], move: { up?: string, down?: string } = {}): string[] {
  const columns = [...new Set([...order.filter(column => known.includes(column)), ...known])]
  const at = columns.indexOf(move.up || move.down || '')
  const to = move.up ? at - 1 : at + 1
  if (at !== -1 && to >= 0 && to < columns.length) columns.splice(to, 0, ...columns.splice(at, 1))
  return columns
}
