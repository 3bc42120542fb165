import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleLeads } from '../visibility.js'

/** As much of a lead as its menu of statuses says. */
export interface Movable { id: number, number: string, status_id: number, archived_at: Date | null }

/** A lead that is to be moved. Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findMovable (db: Db, viewer: Viewer, id: number | null): Promise<Movable> {
  const lead = id === null ? undefined : await db('leads').where('leads.id', id).modify(visibleLeads(viewer)).first('id', 'number', 'status_id', 'archived_at')
  if (!lead) throw new NotFound()
  return lead
}
