import type { FastifyInstance } from 'fastify'
import { idOf, refused, type Body, type FieldErrors } from '../web/form.js'
import { campaignTyped, readCampaignForm } from './form.js'
import { CampaignInUse, countClients, createCampaign, deleteCampaign, findCampaign, findCampaignUse, listCampaigns, NameTaken, updateCampaign, type Campaign, type CampaignUse } from './queries.js'

interface OfOne { Params: { id: string } }

export default async function campaigns (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'marketing.manage' } as const

  app.get('/settings/marketing', { config }, async (_request, reply) => {
    return reply.page('campaigns/index', { campaigns: await listCampaigns(db), clients: await countClients(db) }, { fragment: 'campaigns/_list' })
  })

  app.get('/settings/marketing/new', { config }, async (_request, reply) => {
    return reply.page('campaigns/new', { typed: { active: '1' }, errors: {} }, { fragment: 'campaigns/_form' })
  })

  app.post('/settings/marketing', { config }, async (request, reply) => {
    const form = readCampaignForm(request.body)
    const errors = form.errors ?? await nameError(() => createCampaign(db, form.values))
    if (errors) return reply.page('campaigns/new', refused(form.typed, errors), { fragment: 'campaigns/_form', status: 422 })

    return reply.flash('campaigns.created', { name: form.values!.name }).goTo('/settings/marketing')
  })

  app.get<OfOne>('/settings/marketing/:id', { config }, async (request, reply) => {
    const page = await editPage(request.params.id)
    return reply.page('campaigns/edit', page, { fragment: 'campaigns/_form' })
  })

  app.post<OfOne>('/settings/marketing/:id', { config }, async (request, reply) => {
    const page = await editPage(request.params.id)
    const form = readCampaignForm(request.body)
    const errors = form.errors ?? await nameError(() => updateCampaign(db, page.campaign.id, form.values))
    if (errors) return reply.page('campaigns/edit', { ...page, ...refused(form.typed, errors) }, { fragment: 'campaigns/_form', status: 422 })

    return reply.flash('campaigns.saved', { name: form.values!.name }).goTo('/settings/marketing')
  })

  app.post<OfOne>('/settings/marketing/:id/deactivate', { config }, async (request, reply) => {
    const { id, name } = await updateCampaign(db, idOf(request.params.id), { active: false })
    return reply.flash('campaigns.deactivated', { name }, `/settings/marketing/${id}/activate`).goTo('/settings/marketing')
  })

  app.post<OfOne>('/settings/marketing/:id/activate', { config }, async (request, reply) => {
    const { id, name } = await updateCampaign(db, idOf(request.params.id), { active: true })
    return reply.flash('campaigns.activated', { name }, `/settings/marketing/${id}/deactivate`).goTo('/settings/marketing')
  })

  app.post<OfOne>('/settings/marketing/:id/delete', { config }, async (request, reply) => {
    try {
      const { name } = await deleteCampaign(db, idOf(request.params.id))
      return reply.flash('campaigns.deleted', { name }).goTo('/settings/marketing')
    } catch (error) {
      if (!(error instanceof CampaignInUse)) throw error
      const page = await editPage(request.params.id)
      return reply.page('campaigns/edit', { ...page, refusal: true }, { fragment: 'campaigns/_delete', status: 422 })
    }
  })

  async function editPage (id: string): Promise<EditPage> {
    const campaign = await findCampaign(db, idOf(id))
    return { campaign, use: await findCampaignUse(db, campaign.id), typed: campaignTyped(campaign), errors: {} }
  }
}

interface EditPage { campaign: Campaign, use: CampaignUse, typed: Body, errors: FieldErrors }

// The unique index decides, so that two who save the same name at once don't both succeed.
async function nameError (save: () => Promise<unknown>): Promise<FieldErrors | undefined> {
  try {
    await save()
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
    return { name: { key: 'campaigns.name_taken' } }
  }
}
