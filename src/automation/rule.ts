import type { Kind } from '../clients/client.js'
import type { TemplateChannel } from '../templates/template.js'

/** Upon what a rule writes to clients. */
export const EVENTS = ['client.created', 'lead.created', 'lead.moved', 'lead.overdue', 'task.due', 'date'] as const
export type AutomationEvent = (typeof EVENTS)[number]

/** As the words of the locales call an event. */
export const eventKey = (event: AutomationEvent): string => event.replace('.', '_')
export const EVENT_KEYS = EVENTS.map(eventKey)

/** What a cause has to meet; of each list any one, and an empty list asks nothing. Of choices one of each field's. */
export interface Conditions {
  kinds: Kind[]
  /** Of leads: their types, and the statuses they are in; `to`: those they were moved to. */
  types: number[]
  statuses: number[]
  to: number[]
  /** The lead's, or without one the client's. */
  locations: number[]
  campaigns: number[]
  tags: number[]
  options: number[]
  /** What a task says somewhere. */
  words: string
  /** Also of those who came by an import. */
  imported: boolean
}

export const NO_CONDITIONS: Conditions = { kinds: [], types: [], statuses: [], to: [], locations: [], campaigns: [], tags: [], options: [], words: '', imported: false }

/** A way of writing, in its place among the preferred ones. */
export interface Way { templateId: number, channel: TemplateChannel, template: string, archived: boolean }

export interface Rule {
  id: number
  name: string
  event: AutomationEvent
  fieldId: number | null
  days: number
  yearly: boolean
  /** Minutes since midnight, by the company's clocks. */
  atMinute: number
  conditions: Conditions
  delayMinutes: number
  quietFrom: number | null
  quietTo: number | null
  onSince: Date | null
  ranOn: string | null
  version: number
  removed: boolean
  ways: Way[]
}

/** Why a rule didn't write: a condition that wasn't met, or that nobody could be reached. */
export const WHYS = ['no_client', 'client_gone', 'lead_gone', 'imported', 'kind', 'type', 'status', 'to', 'location', 'campaign', 'tags', 'choices', 'words', 'over', 'unreachable', 'switched_off', 'all_failed'] as const
export type Why = (typeof WHYS)[number]

/** Why a channel of a rule wasn't taken. */
export const OBSTACLES = ['no_contact', 'no_consent', 'template_gone', 'empty', 'failed', 'bounced', 'refused'] as const
export type Obstacle = (typeof OBSTACLES)[number]

export interface Tried { channel: TemplateChannel, why: Obstacle, names?: string[] }

export const OUTCOMES = ['queued', 'waiting', 'skipped', 'failed'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What happened or came due. `key` names it for ever: a rule acts on each once. */
export interface Cause {
  key: string
  at: Date
  clientId: number | null
  leadId: number | null
  /** The status a lead was moved to. */
  to?: number | null
  /** What a task says. */
  words?: string
  imported?: boolean
  /** It isn't so any more: a task that is done, a lead that is closed. */
  over?: boolean
}
