import type { FastifyInstance } from 'fastify'
import { HttpError } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { whatBecameOf } from './queries.js'

/** Leads the old addresses of merged clients to the survivor, and says of those that were erased that they were. */
export function followMoved (app: FastifyInstance): void {
  app.lostPages.push(async ({ viewer, method, url }) => {
    const [, id, rest = ''] = /^\/clients\/(\d+)([/?].*)?$/.exec(url) ?? []
    if (!viewer || !id || idOf(id) === null) return null
    const became = await whatBecameOf(app.db, viewer, Number(id))
    if (!became) return null
    if ('erased' in became) return new HttpError(410, 'client_erased')
    const { survivor } = became
    // What was typed belongs to nobody's form any more: its writer is told instead of being led on without it.
    if (method !== 'GET' && method !== 'HEAD') return new HttpError(409, 'client_merged', { name: survivor.name })
    return { page: `/clients/${survivor.id}`, path: `/clients/${survivor.id}${rest}` }
  })
}
