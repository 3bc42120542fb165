import type { FastifyInstance, FastifyReply } from 'fastify'
import { shapeOf } from '../../form-editor/shape.js'
import { ensureTag } from '../../tags/queries.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { countTwins } from '../duplicates/queries.js'
import { findClient, lockClient } from '../queries.js'
import { requires } from '../required.js'
import { SEES_CLIENTS } from '../visibility.js'
import { readTagName } from './form.js'
import { suggestTags, tagClient, untagClient } from './queries.js'

type At = { Params: { id: string, tag: string } }

export default async function tags (app: FastifyInstance) {
  const { db } = app

  // Suggestions while a tag is typed, for the input's datalist.
  app.get<{ Querystring: { tag?: string } }>('/tags', { config: { can: [...SEES_CLIENTS, 'clients.create'] } }, async (request, reply) => {
    const { name } = readTagName(request.query.tag)
    const suggestions = await suggestTags(db, name)
    return reply.page('clients/tags/index', { suggestions }, { fragment: 'clients/tags/_suggestions' })
  })

  // A tag for a client that isn't saved yet: a chip that carries its name.
  app.get<{ Querystring: { tag?: string } }>('/tags/chip', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const { name, errors } = readTagName(request.query.tag)
    const data = { names: name ? [name] : [], errors }
    return reply.page('clients/tags/chip', data, { fragment: 'clients/tags/_new_chip' })
  })

  app.post<At>('/clients/:id/tags', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const { name, errors } = readTagName((request.body as Body | undefined)?.tag)
    if (!name) return show(reply, viewer, client.id, errors.tag ? errors : { tag: { key: 'tags.empty' } }, typedText((request.body ?? {}) as Body, 'tag'))
    await db.transaction(async trx => {
      await lockClient(trx, viewer, client.id)
      await tagClient(trx, viewer, client.id, (await ensureTag(trx, name)).id)
    })
    return request.isFragment ? show(reply, viewer, client.id) : reply.redirect(`/clients/${client.id}`, 303)
  })

  app.post<At>('/clients/:id/tags/:tag/remove', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const tag = idOf(request.params.tag)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const isNeeded = tag !== null && await db.transaction(async trx => {
      const { tags } = await lockClient(trx, viewer, client.id)
      if (tags.length === 1 && tags[0]!.id === tag && requires(await shapeOf(trx, 'client'), client, 'tags')) return true
      await untagClient(trx, viewer, client.id, tag)
      return false
    })
    if (isNeeded) return show(reply, viewer, client.id, { tag: { key: 'tags.last_needed' } })
    return request.isFragment ? show(reply, viewer, client.id) : reply.redirect(`/clients/${client.id}`, 303)
  })

  async function show (reply: FastifyReply, viewer: Viewer, id: number, errors: FieldErrors = {}, typed = '') {
    const [client, shape, twins] = await Promise.all([findClient(db, viewer, id), shapeOf(db, 'client'), countTwins(db, viewer, id)])
    return reply.page('clients/tags/edit', { client, twins, item: { required: requires(shape, client, 'tags') }, tags: client.tags, errors, typed }, { fragment: 'clients/tags/_answer', status: errors.tag ? 422 : 200 })
  }
}
