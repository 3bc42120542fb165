import { z } from 'zod'
import { isDay, issue, optionalId, readForm, required, text } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { dayOf, isOnTheClock } from '../web/zone.js'
import type { Task } from './task.js'

export const WHAT_MAX = 2000

const day = required(20).superRefine((value, context) => {
  if (value !== '' && (!isDay(value) || value < '2000' || value > '2100')) context.addIssue(issue('form.date'))
})

// What <input type=time> sends, or what is typed where there is none: "9:30", "14.05".
const time = text(10).transform((value, context): string | null => {
  if (value === '') return null
  const [, hours, minutes] = /^([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.][0-5]\d)?$/.exec(value) ?? []
  if (!hours) context.addIssue(issue('tasks.time_wrong'))
  return hours ? `${hours.padStart(2, '0')}:${minutes}` : null
})

const schema = (timeZone: string) => z.object({
  what: required(WHAT_MAX),
  due_on: day,
  due_time: time,
  assignee: optionalId.refine(id => id !== null, { error: 'form.choose' })
}).superRefine(({ due_on, due_time }, context) => {
  if (due_time !== null && isDay(due_on) && !isOnTheClock(`${due_on}T${due_time}`, timeZone)) context.addIssue({ ...issue('tasks.time_left_out'), path: ['due_time'] })
})

export interface TaskValues { what: string, due_on: string, due_time: string | null, assignee: number }

/** Reads what is to be done, until when and by whom. */
export const readTaskForm = (body: unknown, { organisation }: Viewer) => readForm(schema(organisation.timeZone) as unknown as z.ZodType<TaskValues>, body)

/** What a new task's form shows: for oneself, today. */
export const newTaskTyped = (viewer: Viewer) => ({ what: '', due_on: dayOf(new Date(), viewer.organisation.timeZone), due_time: '', assignee: String(viewer.id) })

/** What a task's form shows before anything was typed. */
export const taskTyped = ({ what, due_on, due_time, assignee }: Task) => ({ what, due_on, due_time: due_time ?? '', assignee: String(assignee.id) })
