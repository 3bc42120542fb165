import { judge } from '../clients/fingerprint.js'
import { numberKey } from '../clients/phones/number.js'
import type { Db } from '../database/knex.js'
import { fingerprint } from '../web/fingerprint.js'
import { typedText } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import type { ChangedField } from './feed/event.js'
import type { LeadFields, LeadForm } from './form.js'
import { changeLead, type Lead } from './queries.js'

/** What the form saves, by the name under which its feed tells of it: each is judged by itself. */
const PARTS = {
  type: 'type_id', contact_name: 'contact_name', phones: 'phones', campaign_id: 'campaign_id', comment: 'comment', due: 'due_at', urgent: 'urgent', location_id: 'location_id', manager_id: 'manager_id'
} as const satisfies Record<ChangedField, keyof LeadFields>

/** Somebody else changed this meanwhile: who, and when. */
export interface LeadConflict { field: ChangedField, by: string | null, at: Date | null }

/** What each part of the form is now, in short: what its writer saw is sent along with it. */
export const printsOf = (lead: Lead): Record<ChangedField, string> =>
  Object.fromEntries(Object.entries(PARTS).map(([name, field]) => [name, fingerprint(currentOf(lead, field))])) as Record<ChangedField, string>

/**
 * Writes what the form changes and leaves what others changed meanwhile; when both changed the same, writes nothing and returns what.
 * The lead has to be locked. Throws ChoiceGone.
 */
export async function saveLead (trx: Db, by: Viewer, lead: Lead, { fields, typed }: LeadForm): Promise<LeadConflict[]> {
  const write: Partial<Record<keyof LeadFields, unknown>> = {}
  const conflicts: ChangedField[] = []
  for (const [name, field] of Object.entries(PARTS) as [ChangedField, keyof LeadFields][]) {
    // A part that its form doesn't show says nothing of it.
    if (!(`was.${name}` in typed)) continue
    const verdict = judge(typedText(typed, `was.${name}`), fingerprint(mineOf(fields, field)), fingerprint(currentOf(lead, field)))
    if (verdict === 'conflict') conflicts.push(name)
    else if (verdict === 'write') write[field] = fields[field]
  }
  if (conflicts.length > 0) return Promise.all(conflicts.map(field => whoChanged(trx, lead.id, field)))
  await changeLead(trx, by, lead, write as Partial<LeadFields>)
  return []
}

function currentOf (lead: Lead, field: keyof LeadFields): unknown {
  if (field === 'phones') return lead.phones.map(phone => phone.masked ? `#${phone.id}` : numberKey(phone))
  return field === 'due_at' ? lead.due_at?.toISOString().slice(0, 16) ?? null : lead[field]
}

function mineOf (fields: LeadFields, field: keyof LeadFields): unknown {
  if (field === 'phones') return fields.phones.map(({ id, number }) => number ? numberKey(number) : `#${id}`)
  return field === 'due_at' ? fields.due_at?.toISOString().slice(0, 16) ?? null : fields[field]
}

async function whoChanged (trx: Db, leadId: number, field: ChangedField): Promise<LeadConflict> {
  const row = await trx('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ lead_id: leadId, kind: 'lead.changed' })
    .whereRaw("details->'changes' @> ?::jsonb", [JSON.stringify([{ field }])]).orderBy('events.id', 'desc').first('employees.name', 'events.at')
  return { field, by: row?.name ?? null, at: row?.at ?? null }
}
