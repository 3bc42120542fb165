import type { FastifyInstance } from 'fastify'
import { NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { seesLead } from '../queries.js'
import { SEES_LEADS } from '../visibility.js'
import { findNeighbour, placeOf } from './place.js'

/** From one lead to the next or the previous in the list it was opened from: looked for only when somebody goes there. */
export default async function steps (app: FastifyInstance) {
  const { db } = app

  for (const [step, side] of [['next', 'after'], ['previous', 'before']] as const) {
    app.get<{ Params: { id: string } }>(`/leads/:id/${step}`, { config: { can: SEES_LEADS } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const id = idOf(request.params.id), place = placeOf(request)
      if (id === null || !await seesLead(db, viewer, id)) throw new NotFound()
      const found = place && await findNeighbour(db, viewer, place, id, side)
      if (!found) reply.flash(side === 'after' ? 'leads.last_one' : 'leads.first_one')
      return reply.redirect(`/leads/${found || id}${place?.text ?? ''}`, 303)
    })
  }
}
