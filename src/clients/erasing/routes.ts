import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { recordAudit } from '../../audit/record.js'
import { disposition } from '../../files/name.js'
import { Forbidden } from '../../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { seesContacts } from '../masking.js'
import { findClient, lockClient } from '../queries.js'
import { clientArchive } from './archive.js'
import { eraseClients } from './erase.js'
import { countOf } from './queries.js'

type At = { Params: { id: string } }

/** Everything there is of one client: given out, or erased. */
export default async function erasing (app: FastifyInstance) {
  const { db, storage } = app

  app.get<At>('/clients/:id/data', { config: { can: ['clients.export', 'clients.erase'] } }, async (request, reply) => show(request, reply, {}, '', 200))

  app.get<At>('/clients/:id/data.zip', { exposeHeadRoute: false, compress: false, config: { can: 'clients.export' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    // A person's data with half of it masked would be nobody's answer to them.
    if (!seesContacts(viewer)) throw new Forbidden(['contacts.view_full'])
    await recordAudit(db, viewer, 'clients.data_given', { subject: { type: 'client', id: client.id, name: String(client.id) } })
    return reply.type('application/zip').headers({ 'Content-Disposition': disposition('attachment', `client-${client.id}.zip`), 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }).send(await clientArchive(db, storage, client.id))
  })

  app.post<At>('/clients/:id/erase', { config: { can: 'clients.erase' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const typed = typedText((request.body ?? {}) as Body, 'name')
    const known = await findClient(db, viewer, idOf(request.params.id))
    if (plain(typed) !== plain(known.name)) return show(request, reply, { name: { key: typed.trim() === '' ? 'erasing.type_name' : 'erasing.other_name' } }, typed, 422)
    await db.transaction(async trx => {
      const client = await lockClient(trx, viewer, known.id)
      const { files, consents } = (await eraseClients(trx, viewer, [client.id], 'request')).get(client.id)!
      await recordAudit(trx, viewer, 'clients.erased', { subject: { type: 'client', id: client.id, name: String(client.id) }, changes: [{ field: 'erased_files', old: null, new: files }, { field: 'erased_consents', old: null, new: consents }] })
    })
    return reply.flash('erasing.done', { id: known.id }).goTo('/clients')
  })

  async function show (request: FastifyRequest<At>, reply: FastifyReply, errors: FieldErrors, typed: string, status: number) {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    return reply.page('clients/erasing/show', { client, counts: await countOf(db, client.id), errors, typed, seesContacts: seesContacts(viewer) }, { status })
  }
}

const plain = (name: string) => name.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase()
