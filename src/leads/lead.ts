import type { Labels } from '../web/labels.js'

/** What a status means; gives its colour. Leads of the last two are closed. */
export const GROUPS = ['new', 'in_progress', 'pending', 'won', 'lost'] as const
export type Group = (typeof GROUPS)[number]

export const isClosed = (group: Group): boolean => group === 'won' || group === 'lost'

/** What a won status is reached by: making one of these of the lead. */
export type StatusRole = 'order' | 'sale'

export interface LeadStatus {
  id: number
  /** Of a built-in one: its name, `lead_statuses.<key>`, while it has no labels of its own. */
  key: string | null
  labels: Labels
  group: Group
  colour: string | null
  role: StatusRole | null
  position: number
  limitMinutes: number | null
  /** Whether the limit counts around the clock or in the working hours of the lead's location. */
  limitClock: 'always' | 'working'
  /** The statuses it may become. */
  next: number[]
  /** The roles that may move a lead into it; none: everybody who may move leads. */
  roles: number[]
  version: number
}

export interface LeadType {
  id: number
  /** Of a built-in one: its name, `lead_types.<key>`, while it has no labels of its own. */
  key: string | null
  labels: Labels
  /** A Lucide icon's name. */
  icon: string
  formId: number
  firstStatusId: number
  position: number
  version: number
}
