import { statusName } from '../leads/statuses.js'
import type { Task } from '../tasks/task.js'
import { translator } from '../web/i18n.js'
import { wordsOf, type Labels } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'
import { instantOf, localOf } from '../web/zone.js'
import type { CalendarEntry } from './ical.js'
import type { DueLead } from './queries.js'

/** A lead without a time is due at the end of its day: see src/leads/form.ts. */
const END_OF_DAY = '23:59'

export function leadEntry (viewer: Viewer, lead: DueLead, publicUrl: string): CalendarEntry {
  const { language, organisation } = viewer
  const t = translator(language)
  const [day, time] = localOf(lead.due_at, organisation.timeZone).split('T') as [string, string]
  const status = statusName(t, (labels: Labels) => wordsOf(labels, language, organisation.language), lead.status)
  return {
    uid: `lead-${lead.id}@${hostOf(publicUrl)}`,
    summary: [lead.number, lead.who || lead.phone].filter(Boolean).join(' · '),
    description: [lead.phone, status, lead.comment].filter(Boolean).join('\n'),
    url: `${publicUrl}/leads/${lead.id}`,
    due: time === END_OF_DAY ? { day } : { at: lead.due_at },
    changed: lead.active_at, sequence: lead.version, urgent: lead.urgent
  }
}

/** `madeAt`: of the address itself, as a task keeps no time of its change; of two that differ its version tells the newer. */
export function taskEntry ({ organisation }: Viewer, task: Task, publicUrl: string, madeAt: Date): CalendarEntry {
  const { id, card, what, due_on: day, due_time: time, version } = task
  return {
    uid: `task-${id}@${hostOf(publicUrl)}`,
    summary: what.length > 100 ? `${what.slice(0, 100)}…` : what,
    description: [card.name, card.who !== card.name && card.who, what].filter(Boolean).join('\n'),
    url: `${publicUrl}${card.path}`,
    due: time === null ? { day } : { at: instantOf(`${day}T${time}`, organisation.timeZone) },
    changed: madeAt, sequence: version, urgent: false
  }
}

const hostOf = (publicUrl: string): string => new URL(publicUrl).hostname
