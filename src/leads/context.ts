import type { Db } from '../database/knex.js'
import { shapeOf } from '../form-editor/shape.js'
import type { Viewer } from '../web/viewer.js'
import type { FormContext } from './form.js'
import type { Lead } from './queries.js'
import { listTypes } from './types.js'

/** What the form of a lead, or of a new one (null), is read and shown with. */
export async function contextOf (db: Db, viewer: Viewer, lead: Lead | null): Promise<FormContext> {
  const [shape, types] = await Promise.all([shapeOf(db, 'lead', viewer.formVersions), listTypes(db, { held: lead?.type_id ?? null })])
  return { shape, types, lead }
}
