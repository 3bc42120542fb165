import type { FastifyInstance } from 'fastify'
import { findDeletion, type Deletion } from '../../audit/queries.js'
import type { Db } from '../../database/knex.js'
import { HttpError } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'

/** Who deleted a lead, told to those alone who see all leads: of others nobody knows any more whether this one was theirs to see. */
export const whoDeleted = async (db: Db, viewer: Viewer, id: number | null): Promise<Deletion | null> =>
  id !== null && viewer.can('leads.view_all') ? findDeletion(db, 'leads.deleted', id) : null

/** Says at the address of a lead that was deleted that it was, and by whom. */
export function tellDeleted (app: FastifyInstance): void {
  app.lostPages.push(async ({ viewer, url }) => {
    const [, id] = /^\/leads\/(\d+)(?:[/?]|$)/.exec(url) ?? []
    const deleted = viewer && id ? await whoDeleted(app.db, viewer, idOf(id)) : null
    return deleted && new HttpError(410, 'lead_deleted', { number: deleted.name, name: deleted.by })
  })
}
