import { all, one, type Query } from './address.js'

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

/** What a chooser of columns shows: all there are, in order, and the names of those ticked. Up and down send its form as it stands. */
export function choosing<C extends { name: string }> (every: readonly C[], shown: readonly C[], query: Query): { choices: C[], ticked: string[] } {
  const ticked = 'arranged' in query ? all(query.columns) : shown.map(({ name }) => name)
  const names = arranged(every.map(({ name }) => name), [...all(query.arranged), ...ticked], { up: one(query.up), down: one(query.down) })
  return { choices: names.map(name => every.find(column => column.name === name)!), ticked }
}
