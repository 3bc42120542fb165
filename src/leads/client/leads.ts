import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { readRows, type ListedLead } from '../list/queries.js'
import { visibleLeads } from '../visibility.js'

const MOST = 5

/** Leads of a client as their page shows them: `more` when there are others. */
export interface LeadsOfClient { rows: ListedLead[], more: boolean }

/** A client's leads that the viewer may see, the open ones first and the newest of these; without one of them where it is named. */
export async function listLeadsOf (db: Db, viewer: Viewer, clientId: number, { except = 0 } = {}): Promise<LeadsOfClient> {
  const ids: number[] = await db('leads').where('leads.client_id', clientId).whereNull('leads.archived_at').whereNot('leads.id', except).modify(visibleLeads(viewer))
    .orderByRaw('leads.closed_at is not null, leads.created_at desc, leads.id desc').limit(MOST + 1).pluck('leads.id')
  const rows = await readRows(db, viewer, ids.slice(0, MOST), [{ name: 'manager' }])
  return { rows: rows.map(row => row.read()), more: ids.length > MOST }
}
