import type { Db } from '../database/knex.js'
import { AUDIT_FIELDS, type AuditChange, type AuditField, type AuditKind, type AuditSubject } from './entry.js'

/** Who does it; null is the terminal. */
export interface Actor { id: number | null }

export interface Recorded { subject?: AuditSubject, changes?: readonly AuditChange[] }

/**
 * Writes who changed what into the audit log, in the transaction of the change itself. Of a secret only this is kept: whether there
 * was one and is one.
 */
export async function recordAudit (trx: Db, by: Actor, kind: AuditKind, { subject, changes = [] }: Recorded = {}): Promise<void> {
  await trx('audit_entries').insert({
    employee_id: by.id,
    kind,
    subject_type: subject?.type ?? null,
    subject_id: subject?.id ?? null,
    subject_name: subject?.name ?? null,
    details: JSON.stringify({ changes: changes.map(withoutSecret) })
  })
}

/** Does the same when there is any change to tell of: a form that was saved as it stood is no entry. */
export async function recordChanges (trx: Db, by: Actor, kind: AuditKind, { subject, changes }: Recorded & { changes: readonly AuditChange[] }): Promise<void> {
  if (changes.length > 0) await recordAudit(trx, by, kind, { ...(subject && { subject }), changes })
}

/**
 * What differs between two plain objects, field by field of `after`. What isn't there, null and '' are the same nothing; of a list
 * the order doesn't count. `before` is {} for something new.
 */
export function changesBetween (before: Partial<Record<AuditField, unknown>>, after: Partial<Record<AuditField, unknown>>): AuditChange[] {
  return (Object.keys(after) as AuditField[])
    .map(field => ({ field, old: plain(before[field]), new: plain(after[field]) }))
    .filter(change => JSON.stringify(change.old) !== JSON.stringify(change.new))
}

function plain (value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value.map(String).sort() : null
  return value === undefined || value === '' ? null : value
}

function withoutSecret (change: AuditChange): AuditChange {
  const kind: string = AUDIT_FIELDS[change.field]
  return kind === 'secret' ? { ...change, old: Boolean(change.old), new: Boolean(change.new) } : change
}
