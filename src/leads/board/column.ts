import type { KeptRow } from '../../web/kept.js'
import { isClosed, type LeadStatus } from '../lead.js'
import type { LeadFilter, Show } from '../list/filter.js'
import { COUNT_LIMIT, type ListedLead } from '../list/queries.js'

/** Cards that a column shows at first, and each time that more are asked for. */
export const CARDS = 20

/** Cards that a column reads anew at once; who has more open has to ask for the others again. */
export const MOST_CARDS = 200

/** A status as a column of the board. */
export interface Column {
  status: LeadStatus
  /** All that match; one more than its limit stands for more, null for a folded one that it would take long to count. */
  count: number | null
  cards: KeptRow<ListedLead>[]
  /** The card behind which there are more. */
  more: number | null
}

/** How far the leads of a closed column are counted: there are ever more of them. */
export const CLOSED_LIMIT = 100

export const limitOf = ({ group }: LeadStatus): number => isClosed(group) ? CLOSED_LIMIT : COUNT_LIMIT

/** A column that is asked for, and how many of its cards: none of one that is folded. */
export interface Wanted { status: LeadStatus, cards: number }

/** The columns that a filter leaves. */
export const columnsOf = (statuses: readonly LeadStatus[], { status, group }: LeadFilter): LeadStatus[] =>
  statuses.filter(one => (!status || one.id === status) && (!group || one.group === group))

/** Those of closed leads are folded, unless they are all there is. */
export const isFolded = ({ group }: LeadStatus, columns: readonly LeadStatus[]): boolean => isClosed(group) && columns.some(one => !isClosed(one.group))

const OPEN_ALONE: readonly Show[] = ['urgent', 'mine', 'overdue', 'late']

/** What a column has to be asked for, or null: by what its status means it has none. */
export function filterOf ({ id, group }: LeadStatus, filter: LeadFilter): LeadFilter | null {
  const { show, closed } = filter, isOver = isClosed(group)
  if (isOver ? OPEN_ALONE.includes(show) : closed.from || closed.to) return null
  if ((show === 'new' || show === 'pending') && show !== group) return null
  // Whether its leads are open the status says.
  return { ...filter, status: id, group: null, show: OPEN_ALONE.includes(show) ? show : isOver ? 'all' : 'open' }
}

/** In which order its cards stand: those that came into it last first, or by what is due while that matters. */
export const orderOf = ({ group }: LeadStatus, filter: LeadFilter): LeadFilter =>
  filter.sort === 'due' && !isClosed(group) ? filter : { ...filter, sort: 'since', descending: true }

/** Reads which columns are to be read anew, "1.20,5.0": each with how many cards it shows. */
export function readWanted (text: string, statuses: readonly LeadStatus[]): Wanted[] {
  return text.split(',').flatMap(part => {
    const [, id, cards] = /^(\d{1,9})\.(\d{1,4})$/.exec(part) ?? []
    const status = statuses.find(one => one.id === Number(id))
    return status ? [{ status, cards: Math.min(Math.ceil(Number(cards) / CARDS) * CARDS, MOST_CARDS) }] : []
  })
}
