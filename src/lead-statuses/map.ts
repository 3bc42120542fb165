import { isClosed, type LeadStatus } from '../leads/lead.js'

/** What is wrong with where the statuses lead: no lead is ever closed that came into a dead end, and none comes into what is unreachable. */
export interface Trouble { deadEnd: boolean, unreachable: boolean }

/** Which statuses are dead ends (not closed, and no way leads from them to one that is) and which no lead can come to from the first status of any type. */
export function findTrouble (statuses: readonly LeadStatus[], first: readonly number[]): Map<number, Trouble> {
  const next = new Map(statuses.map(status => [status.id, status.next]))
  const reached = follow(first, id => next.get(id) ?? [])
  const ending = follow(statuses.filter(({ group }) => isClosed(group)).map(({ id }) => id), id => statuses.filter(({ next }) => next.includes(id)).map(({ id }) => id))
  return new Map(statuses.map(({ id }) => [id, { deadEnd: !ending.has(id), unreachable: !reached.has(id) }]))
}

/** All that can be come to from these, step by step. */
function follow (from: readonly number[], steps: (id: number) => readonly number[]): Set<number> {
  const found = new Set<number>()
  const waiting = [...from]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue
    found.add(id)
    waiting.push(...steps(id))
  }
  return found
}

/** A status as a box of the map. */
export interface Box { id: number, y: number, middle: number }
/** A move as an arrow from box to box: its line, its tip, and the status it leads to. */
export interface Arrow { from: number, to: number, line: string, tip: string }

export interface Drawing { width: number, height: number, boxes: Box[], arrows: Arrow[], left: number, boxWidth: number, boxHeight: number }

const BOX = { width: 180, height: 30, gap: 16 }
const SIDE = 86
const TIP = 6

/**
 * Where everything stands on the map, narrow enough for a phone: the statuses in their order one below the other, moves down the list
 * as arrows on the right, moves back up it on the left. The further a move goes, the wider its bow.
 */
export function drawMap (statuses: readonly LeadStatus[]): Drawing {
  const step = BOX.height + BOX.gap
  const boxes = statuses.map(({ id }, row) => ({ id, y: 2 + row * step, middle: 2 + row * step + BOX.height / 2 }))
  const rowOf = new Map(statuses.map(({ id }, row) => [id, row]))
  const arrows = statuses.flatMap(({ id, next }, from) => next.flatMap(to => {
    const target = rowOf.get(to)
    return target === undefined ? [] : [arrow(id, to, from, target, boxes, statuses.length)]
  }))
  return { width: BOX.width + 2 * SIDE, height: statuses.length * step - BOX.gap + 4, boxes, arrows, left: SIDE, boxWidth: BOX.width, boxHeight: BOX.height }
}

function arrow (from: number, to: number, row: number, target: number, boxes: readonly Box[], count: number): Arrow {
  const down = target > row
  const [edge, out] = down ? [SIDE + BOX.width, 1] : [SIDE, -1]
  // Out of the lower half when it goes down, into the upper half: what comes in and what goes out don't lie upon each other.
  const start = boxes[row]!.middle + (down ? 7 : -7)
  const end = boxes[target]!.middle + (down ? -7 : 7)
  const bow = 24 + (4 / 3 * (SIDE - 6) - 24) * (Math.abs(target - row) - 1) / Math.max(1, count - 2)
  const [x, tip] = [round(edge + out * bow), edge + out * TIP]
  return { from, to, line: `M${edge} ${start}C${x} ${start} ${x} ${end} ${tip} ${end}`, tip: `M${edge} ${end}l${out * TIP} -4v8z` }
}

const round = (value: number) => Math.round(value * 10) / 10
