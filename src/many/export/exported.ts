import type { AuditKind } from '../../audit/entry.js'
import type { Db } from '../../database/knex.js'
import type { OwnField } from '../../form-editor/definition.js'
import type { Right } from '../../rights.js'
import type { Translate } from '../../web/i18n.js'
import type { Viewer } from '../../web/viewer.js'
import type { Many, Whom } from '../many.js'
import type { ExportColumn } from './cell.js'
import type { Statement } from './queries.js'

/** Something that can be exported, as one ticks it: an own field, or what has a title in the locales. */
export interface ExportChoice { name: string, group: 'client' | 'contacts' | 'more' | 'own' | 'consents' | 'lead', field?: OwnField, title?: { key: string } }

/** A noun whose rows can be exported. */
export interface Exported<Filter = any> extends Many<Filter> {
  right: Right
  /** Rights of which any one shows the rows: whoever exports them sees them. */
  sees: readonly Right[]
  /** What the audit log tells: the kind, and under which name the number of rows. */
  audit: { kind: AuditKind, count: 'clients' | 'leads' }
  /** Whether an import reads the file back. */
  comesBack: boolean
  /** Everything this viewer can export. */
  exportable (db: Db, viewer: Viewer): Promise<ExportChoice[]>
  /** The names of what is ticked to begin with, given the list's columns. */
  tickedBefore (listColumns: readonly string[]): string[]
  /** The columns of the file: a choice may be several of them. */
  fileColumns (db: Db, viewer: Viewer, t: Translate, choices: readonly ExportChoice[]): Promise<ExportColumn[]>
  /** What has to be read, one statement after the other, for all of the rows chosen in the list's order. */
  statements (db: Db, viewer: Viewer, whom: Whom<Filter>, columns: readonly ExportColumn[]): Promise<Statement[]>
  /** Words that stand in cells besides yes and no. */
  cellWords? (t: Translate): Record<string, string>
}
