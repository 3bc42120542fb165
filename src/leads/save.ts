import { judge, type Verdict } from '../clients/fingerprint.js'
import { numberKey } from '../clients/phones/number.js'
import type { Db } from '../database/knex.js'
import type { OwnField } from '../form-editor/definition.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { told, type ToldValue } from '../form-editor/own/save.js'
import { ownFingerprint } from '../form-editor/own/state.js'
import { nameOf } from '../form-editor/schema.js'
import { valuesOf } from '../form-editor/value.js'
import { fingerprint } from '../web/fingerprint.js'
import { typedText } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import type { ChangedField, SystemField } from './feed/event.js'
import type { LeadFields, LeadForm } from './form.js'
import { changeLead, type Lead } from './queries.js'

/** What the form saves, by the name under which its feed tells of it: each is judged by itself. */
export const PARTS = {
  type: 'type_id', contact_name: 'contact_name', phones: 'phones', campaign_id: 'campaign_id', comment: 'comment', due: 'due_at', urgent: 'urgent', location_id: 'location_id', manager_id: 'manager_id'
} as const satisfies Record<SystemField, keyof LeadFields>

/** Somebody else changed this meanwhile: who, and when; of an own field also to what. */
export interface LeadConflict { field: ChangedField, own?: OwnField, theirs?: ToldValue, by: string | null, at: Date | null }

type Found = Omit<LeadConflict, 'by' | 'at'>

/** What each part of the form is now, in short: what its writer saw is sent along with it. */
export const printsOf = (lead: Lead): Record<SystemField, string> =>
  Object.fromEntries(Object.entries(PARTS).map(([name, field]) => [name, fingerprint(currentOf(lead, field))])) as Record<SystemField, string>

/**
 * Writes what the form changes and leaves what others changed meanwhile; when both changed the same, writes nothing and returns what.
 * The lead has to be locked. Throws ChoiceGone, and what writeValues does.
 */
export async function saveLead (trx: Db, by: Viewer, lead: Lead, form: LeadForm): Promise<LeadConflict[]> {
  const { fields, typed } = form
  const write: Partial<Record<keyof LeadFields, unknown>> = {}
  const conflicts: Found[] = []
  for (const [name, field] of Object.entries(PARTS) as [SystemField, keyof LeadFields][]) {
    // A part that its form doesn't show says nothing of it.
    if (!(`was.${name}` in typed)) continue
    const verdict = judge(typedText(typed, `was.${name}`), fingerprint(mineOf(fields, field, lead)), fingerprint(currentOf(lead, field)))
    if (verdict === 'conflict') conflicts.push({ field: name })
    else if (verdict === 'write') write[field] = fields[field]
  }
  const own = form.own.map(one => ({ one, ...judgeOwn(lead, form, one) }))
  conflicts.push(...own.flatMap(({ verdict, found }) => verdict === 'conflict' ? [found] : []))
  if (conflicts.length > 0) return Promise.all(conflicts.map(conflict => whoChanged(trx, lead.id, conflict)))
  await changeLead(trx, by, lead, write as Partial<LeadFields>, own.flatMap(({ verdict, one }) => verdict === 'write' ? [one] : []))
  return []
}

function judgeOwn (lead: Lead, { typed }: LeadForm, { field, value }: OwnWrite): { verdict: Verdict, found: Found } {
  const theirs = valuesOf([field], lead.own)[field.key]!
  const name = nameOf(field) as `own.${string}`
  return { verdict: judge(typedText(typed, `was.${name}`), ownFingerprint(value), ownFingerprint(theirs)), found: { field: name, own: field, theirs: told(field, theirs) } }
}

function currentOf (lead: Lead, field: keyof LeadFields): unknown {
  if (field === 'phones') return lead.phones.map(phone => phone.masked ? maskedKey(lead, phone.id) : numberKey(phone))
  return field === 'due_at' ? lead.due_at?.toISOString().slice(0, 16) ?? null : lead[field]
}

// By its stamp as well: who takes a masked number off means the one that they saw.
const maskedKey = (lead: Lead, id: number | null) => `#${id} ${lead.phones.find(phone => phone.id === id)?.stamp ?? ''}`

export function mineOf (fields: LeadFields, field: keyof LeadFields, lead: Lead): unknown {
  if (field === 'phones') return fields.phones.map(({ id, number }) => number ? numberKey(number) : maskedKey(lead, id))
  return field === 'due_at' ? fields.due_at?.toISOString().slice(0, 16) ?? null : fields[field]
}

async function whoChanged (trx: Db, leadId: number, conflict: Found): Promise<LeadConflict> {
  const row = await trx('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ lead_id: leadId, kind: 'lead.changed' })
    .whereRaw("details->'changes' @> ?::jsonb", [JSON.stringify([{ field: conflict.field }])]).orderBy('events.id', 'desc').first('employees.name', 'events.at')
  return { ...conflict, by: row?.name ?? null, at: row?.at ?? null }
}
