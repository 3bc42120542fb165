import type { ShownCard } from '../feed/card.js'
import { dayOf, instantAt, instantOf } from '../web/zone.js'

/** How late a task is, in the largest unit that says something. */
export interface Late { unit: 'minutes' | 'hours' | 'days', count: number }

/** Where a task stands among the others by its due time. */
export type Due = 'overdue' | 'today' | 'later'

/** A task as pages show it. */
export interface Task {
  id: number
  /** The client or lead it is of; a lead with the name of its contact, or of its client for those who may see them. */
  card: ShownCard & { who: string }
  what: string
  /** "2026-11-03", on the organisation's calendar. */
  due_on: string
  /** "14:05", or null: any time of that day. */
  due_time: string | null
  due: Due
  late: Late | null
  assignee: { id: number, name: string, left: boolean }
  author: { id: number, name: string }
  done: { at: Date, by: string } | null
  deleted: boolean
  version: number
  /** Whether the viewer may change, finish and delete it. */
  may: boolean
}

/** Where a task stands at a moment: due until its time, or until the end of its day when it has none. */
export function dueOf ({ due_on: day, due_time: time }: Pick<Task, 'due_on' | 'due_time'>, timeZone: string, now = new Date()): Pick<Task, 'due' | 'late'> {
  const today = dayOf(now, timeZone)
  const lateFrom = time === null ? instantAt(day, 1440, timeZone) : instantOf(`${day}T${time}`, timeZone)
  const minutes = Math.floor((now.getTime() - lateFrom.getTime()) / 60_000)
  if (minutes < 0) return { due: day <= today ? 'today' : 'later', late: null }
  const days = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000)
  if (time === null || minutes >= 24 * 60) return { due: 'overdue', late: { unit: 'days', count: days } }
  return { due: 'overdue', late: minutes < 60 ? { unit: 'minutes', count: Math.max(1, minutes) } : { unit: 'hours', count: Math.floor(minutes / 60) } }
}

/** What the feed tells of a task: as it was at that moment. */
export interface TaskRef { id: number, what: string, due_on: string, due_time: string | null, assignee: string }

/** One thing that was changed about a task; `due` is [day, time]. */
export type TaskChange =
  | { field: 'what' | 'assignee', old: string, new: string }
  | { field: 'due', old: [string, string | null], new: [string, string | null] }
