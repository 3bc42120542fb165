import type { FastifyInstance } from 'fastify'
import { idOf, refused, type Body, type FieldErrors } from '../web/form.js'
import { readLocationForm } from './form.js'
import { countClients, countEmployees, createLocation, deleteLocation, findLocation, findLocationUse, listLocations, LocationInUse, NameTaken, renameLocation, type Location, type LocationUse } from './queries.js'

interface OfOne { Params: { id: string } }

export default async function locations (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get('/settings/locations', { config }, async (_request, reply) => {
    const counts = { clients: await countClients(db), employees: await countEmployees(db) }
    return reply.page('locations/index', { locations: await listLocations(db), ...counts }, { fragment: 'locations/_list' })
  })

  app.get('/settings/locations/new', { config }, async (_request, reply) => {
    return reply.page('locations/new', { typed: {}, errors: {} }, { fragment: 'locations/_form' })
  })

  app.post('/settings/locations', { config }, async (request, reply) => {
    const form = readLocationForm(request.body)
    const errors = form.errors ?? await nameError(() => createLocation(db, form.values))
    if (errors) return reply.page('locations/new', refused(form.typed, errors), { fragment: 'locations/_form', status: 422 })

    return reply.flash('locations.created', { name: form.values!.name }).goTo('/settings/locations')
  })

  app.get<OfOne>('/settings/locations/:id', { config }, async (request, reply) => {
    const page = await editPage(request.params.id)
    return reply.page('locations/edit', page, { fragment: 'locations/_form' })
  })

  app.post<OfOne>('/settings/locations/:id', { config }, async (request, reply) => {
    const page = await editPage(request.params.id)
    const form = readLocationForm(request.body)
    const errors = form.errors ?? await nameError(() => renameLocation(db, page.location.id, form.values))
    if (errors) return reply.page('locations/edit', { ...page, ...refused(form.typed, errors) }, { fragment: 'locations/_form', status: 422 })

    return reply.flash('locations.renamed', { name: form.values!.name }).goTo('/settings/locations')
  })

  app.post<OfOne>('/settings/locations/:id/delete', { config }, async (request, reply) => {
    try {
      const { name } = await deleteLocation(db, idOf(request.params.id))
      return reply.flash('locations.deleted', { name }).goTo('/settings/locations')
    } catch (error) {
      if (!(error instanceof LocationInUse)) throw error
      const page = await editPage(request.params.id)
      return reply.page('locations/edit', { ...page, refusal: true }, { fragment: 'locations/_delete', status: 422 })
    }
  })

  async function editPage (id: string): Promise<EditPage> {
    const location = await findLocation(db, idOf(id))
    return { location, use: await findLocationUse(db, location.id), typed: { name: location.name }, errors: {} }
  }
}

interface EditPage { location: Location, use: LocationUse, typed: Body, errors: FieldErrors }

// The unique index decides, so that two who save the same name at once don't both succeed.
async function nameError (save: () => Promise<unknown>): Promise<FieldErrors | undefined> {
  try {
    await save()
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
    return { name: { key: 'locations.name_taken' } }
  }
}
