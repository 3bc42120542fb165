import type { WrittenDetails } from '../../feed/event.js'
import type { OwnChange } from '../../form-editor/own/save.js'

/** A field that every lead has, as its feed names it. */
export type SystemField = 'type' | 'contact_name' | 'phones' | 'campaign_id' | 'comment' | 'due' | 'urgent' | 'location_id' | 'manager_id'
/** Or one of the company's own. */
export type ChangedField = SystemField | OwnChange['field']
/** What somebody changed: of choices their id and the name of that day, of phones how they read, of a time the instant as ISO 8601. */
export type LeadChange = { field: SystemField | 'lost_reason', old: unknown, new: unknown } | OwnChange

/** What each kind of entry keeps in `details`, besides what people write into it. */
export interface LeadDetails extends WrittenDetails {
  'lead.created': { source: string }
  'lead.changed': { changes: LeadChange[] }
  /** Statuses by id: they are called what they are called now. */
  'lead.moved': { from: number, to: number, reason: string, calmed: boolean }
  /** The client by id alone: who may not see it isn't told. */
  'lead.linked': { client: number }
  'lead.unlinked': { client: number }
  'lead.archived': Record<string, never>
  'lead.restored': Record<string, never>
}
export type LeadEventKind = keyof LeadDetails
