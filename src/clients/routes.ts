import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../database/once.js'
import { Forbidden, NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import type { Client, ClientFields } from './client.js'
import emails from './emails/routes.js'
import { isFeedFilter } from './feed/event.js'
import { listFeed } from './feed/queries.js'
import feed from './feed/routes.js'
import { emptyFields, isUnit, mayWriteUnit, readClientForm, type ClientForm } from './form.js'
import { emailRows } from './emails/rows.js'
import { formState, type FormState } from './form-state.js'
import list from './list/routes.js'
import { NoSuchPhoneType } from './phones/queries.js'
import phones from './phones/routes.js'
import { phoneRows } from './phones/rows.js'
import { createClient, findClient, listChoices, lockClient, setArchived, type Choices } from './queries.js'
import { saveClient, type Conflict } from './save.js'
import { untagClient } from './tags/queries.js'
import tags from './tags/routes.js'
import { ContactTaken, findMatches, refusingTaken } from './uniqueness/queries.js'
import uniqueness from './uniqueness/routes.js'
import { SEES_CLIENTS } from './visibility.js'

type At = { Params: { id: string, unit: string }, Querystring: { feed?: string } }

export default async function clients (app: FastifyInstance) {
  const { db } = app
  for (const part of [list, phones, emails, tags, uniqueness, feed]) await app.register(part)

  app.get('/clients/new', { config: { can: 'clients.create' } }, async (request, reply) => {
    return showNew(request, reply, formState(viewerOf(request), null), 200)
  })

  app.post('/clients', { config: { can: 'clients.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const form = readClientForm(body, viewer)
    if (isRowWanted(body) || 'add_tag' in body) return showNew(request, reply, formState(viewer, null, { ...form, errors: {} }), 200)
    if (hasErrors(form)) return showNew(request, reply, formState(viewer, null, form), 422)
    const values = { ...emptyFields(viewer), ...form.fields as ClientFields, phones: kept(form.phones), emails: kept(form.emails), tags: form.tags }
    try {
      const id = await refusingTaken(db, trx => once(trx, body.token, viewer.id, async () => String(await createClient(trx, viewer, values))))
      const isSeen = SEES_CLIENTS.some(right => viewer.can(right))
      return reply.flash('clients.created').redirect(isSeen ? `/clients/${id}` : '/clients/new', 303)
    } catch (error) {
      return showNew(request, reply, formState(viewer, null, await explain(error, viewer, form, null)), 422)
    }
  })

  app.get<At>('/clients/:id', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    return show(request, reply, client, formState(viewer, client), 200)
  })

  app.post<At>('/clients/:id', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const known = await findClient(db, viewer, idOf(request.params.id))
    const form = readClientForm(body, viewer)
    if (isRowWanted(body)) return show(request, reply, known, formState(viewer, known, { ...form, errors: {} }), 200)
    if (hasErrors(form)) return show(request, reply, known, formState(viewer, known, form), 422)
    try {
      const conflicts = await save(viewer, known.id, form, idOf(body.remove_tag))
      if (conflicts.length === 0) return reply.flash('clients.saved').redirect(`/clients/${known.id}`, 303)
      const now = await findClient(db, viewer, known.id)
      return show(request, reply, now, formState(viewer, now, form, conflicts), 409)
    } catch (error) {
      return show(request, reply, known, formState(viewer, known, await explain(error, viewer, form, known.id)), 422)
    }
  })

  // One part of the form that saves itself.
  app.post<At>('/clients/:id/parts/:unit', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const { unit } = request.params
    if (!isUnit(unit)) throw new NotFound()
    if (!mayWriteUnit(viewer, unit)) throw new Forbidden()
    const known = await findClient(db, viewer, idOf(request.params.id))
    const form = readClientForm(request.body, viewer, unit)
    const answer = async (client: Client, state: FormState, status: number, saved = false) => {
      const choices = await listChoices(db, client.campaign_id)
      return reply.page('clients/edit', { client, form: state, unit, saved, ...choices }, { fragment: 'clients/form/_answer', status })
    }
    if (hasErrors(form)) return answer(known, formState(viewer, known, form), 422)
    let conflicts: Conflict[]
    try {
      conflicts = await save(viewer, known.id, form)
    } catch (error) {
      return answer(known, formState(viewer, known, await explain(error, viewer, form, known.id)), 422)
    }
    const now = await findClient(db, viewer, known.id)
    if (conflicts.length > 0) return answer(now, formState(viewer, now, form, conflicts), 409)
    return request.isFragment ? answer(now, formState(viewer, now), 200, true) : reply.redirect(`/clients/${now.id}`, 303)
  })

  for (const [action, archived] of [['archive', true], ['restore', false]] as const) {
    app.post<At>(`/clients/:id/${action}`, { config: { can: 'clients.delete' } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const client = await db.transaction(async trx => {
        const client = await lockClient(trx, viewer, idOf(request.params.id))
        await setArchived(trx, viewer, client, archived)
        return client
      })
      reply.flash(archived ? 'clients.archived' : 'clients.restored', { name: client.name }, archived ? `/clients/${client.id}/restore` : undefined)
      return reply.goTo(`/clients/${client.id}`)
    })
  }

  const save = (viewer: Viewer, id: number, form: ClientForm, removeTag: number | null = null): Promise<Conflict[]> =>
    refusingTaken(db, async trx => {
      const conflicts = await saveClient(trx, viewer, await lockClient(trx, viewer, id), form)
      if (conflicts.length === 0 && removeTag !== null) await untagClient(trx, viewer, id, removeTag)
      return conflicts
    })

  async function showNew (request: FastifyRequest, reply: FastifyReply, form: FormState, status: number) {
    const choices = await listChoices(db)
    addRows((request.body ?? {}) as Body, form, choices, true)
    const token = ((request.body ?? {}) as Body).token ?? randomUUID()
    return reply.page('clients/new', { client: null, form, token, ...choices }, { status })
  }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, client: Client, form: FormState, status: number) {
    const filter = isFeedFilter(request.query.feed) ? request.query.feed : 'all'
    const [choices, feed] = await Promise.all([listChoices(db, client.campaign_id), listFeed(db, viewerOf(request), client.id, { filter })])
    addRows((request.body ?? {}) as Body, form, choices, false)
    return reply.page('clients/show', { client, form, feed, filter, token: randomUUID(), ...choices }, { status })
  }

  /** Says beside its field why the database refused it: a choice that isn't there (any more), a number or address that another client has. Anything else goes on. */
  async function explain (error: unknown, viewer: Viewer, form: ClientForm, except: number | null): Promise<ClientForm> {
    const stale = STALE_CHOICES[(error as { constraint?: string }).constraint ?? '']
    if (stale) return { ...form, errors: { [stale]: { key: 'form.choose' } } }
    if (error instanceof NoSuchPhoneType) {
      const rows = form.phoneRows.filter(({ typeId }) => idOf(typeId) === error.id)
      return { ...form, errors: Object.fromEntries(rows.map(({ index }) => [`phones.${index}.type`, { key: 'form.choose' }])) }
    }
    if (!(error instanceof ContactTaken)) throw error
    const matches = await findMatches(db, viewer, error.kind, error.value, except)
    const index = error.kind === 'phone'
      ? form.phoneRows[form.phones.findIndex(phone => phone.number?.e164 === error.value)]?.index
      : form.emailRows[form.emails.findIndex(email => email.address?.toLowerCase() === error.value)]?.index
    const name = error.kind === 'phone' ? `phones.${index}.number` : `emails.${index}.address`
    return { ...form, errors: { [name]: { key: `${error.kind}s.taken`, values: { matches } } } }
  }
}

// A campaign or location that was deleted since the form was shown.
const STALE_CHOICES: Record<string, string> = { clients_campaign_id_fkey: 'campaign_id', clients_location_id_fkey: 'location_id' }

const hasErrors = (form: ClientForm) => Object.keys(form.errors).length > 0

const kept = <T extends { remove: boolean }> (rows: T[]): T[] => rows.filter(row => !row.remove)

/** Without JavaScript "+ Add phone" sends the form, which comes back with one more row and nothing saved. */
const isRowWanted = (body: Body) => ['add_phone', 'add_email', 'drop_phone', 'drop_email'].some(name => name in body)

/** Empty rows to type into: those asked for, and in a new form one of each to begin with. */
function addRows (body: Body, form: FormState, { phoneTypes }: Choices, isNew: boolean): void {
  const next = (rows: { index: string }[]) => Math.max(-1, ...rows.map(row => Number(row.index))) + 1
  dropRow(form.phones, body.drop_phone)
  dropRow(form.emails, body.drop_email)
  if ('add_phone' in body || (isNew && form.phones.length === 0)) form.phones.push(phoneRows.fresh(next(form.phones), phoneTypes))
  if ('add_email' in body || (isNew && form.emails.length === 0)) form.emails.push(emailRows.fresh(next(form.emails), []))
}

/** A row taken off without JavaScript: a new one vanishes, one that is stored is marked and goes with the next save. */
function dropRow (rows: { index: string, id: number | null, remove: boolean }[], index: unknown): void {
  const at = rows.findIndex(row => row.index === index)
  if (at === -1) return
  if (rows[at]!.id === null) rows.splice(at, 1)
  else rows[at]!.remove = true
}
