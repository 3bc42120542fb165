import { idOf, isDay, type Body } from '../../web/form.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'

export interface TaskFilter {
  /** Whose: an employee's id, or everybody's. */
  who: number | 'all'
  show: 'open' | 'done'
  /** The last one of the page before. */
  after: { at: string, id: number } | null
}

/** Reads the address of the list. Throws NotFound for a person that can't be one, Forbidden for others' tasks without the right to see them. */
export function readTaskFilter (query: Body, viewer: Viewer): TaskFilter {
  const said = query.who
  const who = said === undefined || said === '' ? viewer.id : said === 'all' ? 'all' : idOf(said)
  if (who === null) throw new NotFound()
  if (who !== viewer.id && !viewer.can('tasks.view_all')) throw new Forbidden(['tasks.view_all'])
  return { who, show: query.show === 'done' ? 'done' : 'open', after: readKey(query.after) }
}

// "2026-11-03T14:05:00_17"; anything else begins at the top.
function readKey (value: unknown): TaskFilter['after'] {
  const [, at = '', id] = /^(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{6})?)_(\d{1,15})$/.exec(String(value)) ?? []
  return isDay(at.slice(0, 10)) && idOf(id) ? { at, id: Number(id) } : null
}
