import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { shapeOf } from '../../form-editor/shape.js'
import { NotFound } from '../../web/errors.js'
import { idOf, type Body, type FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Client } from '../client.js'
import { judge } from '../fingerprint.js'
import { findClient, listChoices, lockClient } from '../queries.js'
import { NoSuchPhoneType } from '../../phone-types/queries.js'
import { requires } from '../required.js'
import { ContactTaken, findMatches, isTaken, refusingTaken } from '../uniqueness/queries.js'
import { rowIndexes } from './form.js'
import { rowAgain, writeRow, type RowState, type Rows } from './rows.js'
import { isListed } from './twins.js'

type At = { Params: { id: string, contact: string } }

/** Phones or e-mails of a client, row by row: `/clients/42/phones/7` saves, removes and brings back one of them. */
export function contactRoutes (app: FastifyInstance, rows: Rows): void {
  const { db } = app
  const { kind } = rows
  const url = `/clients/:id/${kind}s`
  const config = { can: 'clients.edit' } as const

  // One more empty row, for the form of a new client or of one that is there.
  app.get<{ Querystring: Record<string, string | string[]> }>(`/clients/${kind}-row`, { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const taken = rowIndexes(request.query as Body, kind).map(Number)
    const id = idOf(request.query.client)
    const client = id === null ? null : await findClient(db, viewerOf(request), id)
    const { phoneTypes } = await listChoices(db)
    return show(reply, client, rows.fresh(Math.max(-1, ...taken) + 1, phoneTypes), 200, { fresh: true })
  })

  // A row that saves itself. A new one and one that is there differ only in what they meet in the database.
  app.post<At>(url, { config }, (request, reply) => save(request, reply, null))
  app.post<At>(`${url}/:contact`, { config }, (request, reply) => save(request, reply, idOf(request.params.contact) ?? 0))

  app.post<At>(`${url}/:contact/remove`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const id = idOf(request.params.contact)
    const { client, last } = await refusingTaken(db, async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      const last = rows.of(client).length === 1 && rows.of(client)[0].id === id && requires(await shapeOf(trx, 'client'), client, `${kind}s`)
      if (!last) await rows.setRemoved(trx, viewer, client.id, id, true)
      return { client, last: last && rows.of(client)[0] }
    })
    if (last) {
      const body = (request.body ?? {}) as Body
      const index = rowIndexes(body, kind).find(index => body[`${kind}s.${index}.id`] === String(id)) ?? '0'
      reply.header('HX-Reswap', 'outerMorph')
      return show(reply, client, { ...rows.shown(last, 0), index, error: { key: `${kind}s.last_needed` } }, 422)
    }
    const undo = `/clients/${client.id}/${kind}s/${request.params.contact}/restore`
    if (request.isFragment) return reply.page('', { flash: { key: `${kind}s.removed`, undo } }, { fragment: 'clients/_removed' })
    return reply.flash(`${kind}s.removed`, {}, undo).redirect(`/clients/${client.id}`, 303)
  })

  app.post<At>(`${url}/:contact/restore`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const id = idOf(request.params.contact)
    let isThere = false
    const taken = await isTaken(db, async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      // Added again meanwhile: that one stays, with what was agreed to since.
      isThere = id !== null && await rows.findTwinOfRemoved(trx, client.id, id) !== undefined
      if (!isThere) await rows.setRemoved(trx, viewer, client.id, id, false)
    })
    return reply.flash(isThere ? `${kind}s.there_again` : `${kind}s.${taken ? 'taken' : 'restored'}`).goTo(`/clients/${request.params.id}`)
  })

  async function save (request: FastifyRequest<At>, reply: FastifyReply, asked: number | null) {
    const viewer = viewerOf(request)
    const known = await findClient(db, viewer, idOf(request.params.id))
    const form = rows.read((request.body ?? {}) as Body, viewer)
    // A row that names itself and was stored since its page was made (what asks for a new type may be older) is the one it says it is.
    const id = asked ?? ('row' in (request.body as Body ?? {}) ? form.rows[0]?.id ?? null : null)
    const values = form.values.find(values => values.id === id)
    const row = form.rows.find(row => row.id === id)
    // Taking one off has an address of its own.
    if (id !== null && (!row || row.remove)) throw new NotFound()
    // Nothing typed yet into a new row: nothing to save, nothing to say.
    if (!row) return show(reply, known, form.blank[0] ? rowAgain(rows, form.blank[0], null, {}) : rows.fresh(0, []), 200)

    const again = (client: Client, status: number, error?: FieldError & { type?: boolean }, isShown = false) => {
      const errors = error ? { [`${kind}s.${row.index}.${error.type ? 'type' : rows.main}`]: error } : form.errors
      return show(reply, client, rowAgain(rows, row, client, errors, isShown), status, { matches: error?.values?.matches })
    }
    if (!values || Object.keys(form.errors).some(name => name.startsWith(`${kind}s.${row.index}.`))) return again(known, 422)
    try {
      const saved = await refusingTaken(db, async trx => {
        const client = await lockClient(trx, viewer, known.id)
        const contact = rows.of(client).find(contact => contact.id === id)
        if (id !== null && !contact) return 'removed'
        const verdict = contact ? judge(values.was, rows.print(rows.merged(contact, values)), rows.print(contact)) : 'write'
        if (verdict === 'conflict') return 'conflict'
        if (verdict === 'keep') return client
        const twin = !contact || rows.isAnother(contact, values) ? await rows.findTwin(trx, client.id, values) : undefined
        if (twin) return isListed(rows, request.body as Body, rows.of(client).find(({ id }) => id === twin.id)!) ? 'twice' : 'has_already'
        await writeRow(rows, trx, viewer, client.id, values, contact)
        return findClient(trx, viewer, client.id)
      })
      if (saved === 'removed') {
        // Taken off meanwhile: what was typed stays, as a new one that the next change adds.
        if (!await rows.findRemoved(db, viewer, known.id, id!)) throw new NotFound()
        const fresh = { ...rows.fresh(Number(row.index), []), ...row, id: null, was: '', error: { key: `${kind}s.removed_meanwhile` } }
        return show(reply, known, fresh, 409)
      }
      if (saved === 'twice') return again(known, 422, { key: `${kind}s.twice` })
      if (saved === 'has_already') return again(known, 422, { key: `${kind}s.has_already` })
      if (saved === 'conflict') {
        const now = await findClient(db, viewer, known.id)
        const theirs = rows.words(rows.of(now).find(contact => contact.id === id))
        return again(now, 409, { key: `${kind}s.changed_meanwhile`, values: { number: theirs, address: theirs } }, true)
      }
      const contact = id === null ? rows.of(saved).at(-1) : rows.of(saved).find(contact => contact.id === id)
      // Who may not see numbers in full is told once what theirs was taken for.
      const savedAs = contact?.masked ? rows.wordsOf(values) : undefined
      return show(reply, saved, { ...rows.shown(contact, 0), index: row.index }, 200, { saved: true, savedAs })
    } catch (problem) {
      if (problem instanceof NoSuchPhoneType) return again(known, 422, { key: 'form.choose', type: true })
      if (!(problem instanceof ContactTaken)) throw problem
      const matches = await findMatches(db, viewer, kind, problem.value, known.id)
      return again(known, 422, { key: `${kind}s.taken`, values: { matches } })
    }
  }

  async function show (reply: FastifyReply, client: Client | null, row: RowState, status: number, extra: object = {}) {
    const { phoneTypes } = await listChoices(db, { phoneTypes: client?.phones.map(phone => phone.type.id) ?? [] })
    return reply.page(`clients/${kind}s/edit`, { client, [kind]: row, phoneTypes, ...extra }, { fragment: `clients/${kind}s/_${kind}`, status })
  }
}
