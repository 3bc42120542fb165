import { recordAudit, type Recorded } from '../audit/record.js'
import type { AuditKind } from '../audit/entry.js'
import type { Db } from '../database/knex.js'
import type { Labels } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'
import type { Subject } from './definition.js'

/** What can happen to a form; the words are in the locales under `form_editor.changes.<what>`. */
export const CHANGES = [
  'moved', 'hidden', 'shown', 'required', 'optional', 'section_added', 'section_renamed', 'section_moved', 'section_removed',
  'field_added', 'field_changed', 'field_converted', 'field_removed', 'field_restored', 'field_erased'
] as const
export type FormChangeKind = (typeof CHANGES)[number]

/** What a change is about, for its words: the form, and the system field or the labels of an own one or of a section. */
export interface ChangeDetails { form?: string, field?: number, system?: string, section?: string | null, labels?: Labels }

/** One change of a form, as the window that didn't know of it is told. */
export interface FormChange { version: number, what: FormChangeKind, details: ChangeDetails, employee: string | null, at: Date }

/**
 * Begins a change: nobody else changes forms of the subject until the transaction ends. Returns a function that tells of the change, for
 * those whose windows are older, and, where `audit` says how, the audit log.
 */
export async function beginChange (trx: Db, by: Viewer, subject: Subject): Promise<(what: FormChangeKind, details: ChangeDetails, audit?: { kind: AuditKind } & Recorded) => Promise<void>> {
  await trx('form_versions').where({ subject }).forUpdate().first()
  return async (what, details, audit) => {
    const [{ version }] = await trx('form_versions').where({ subject }).increment('version').returning('version')
    await trx('form_changes').insert({ subject, version, employee_id: by.id, what, details: JSON.stringify(details) })
    if (audit) await recordAudit(trx, by, audit.kind, audit)
  }
}

/** What others changed after a version, oldest first; of more than twenty the newest. */
export async function listChangesSince (db: Db, subject: Subject, version: number, not: Viewer): Promise<FormChange[]> {
  const rows: FormChange[] = await db('form_changes').leftJoin('employees', 'employees.id', 'form_changes.employee_id')
    .where({ subject }).where('form_changes.version', '>', version).whereNot('employee_id', not.id)
    .orderBy('form_changes.id', 'desc').limit(20).select('form_changes.version', 'what', 'details', 'at', 'employees.name as employee')
  return rows.toReversed()
}
