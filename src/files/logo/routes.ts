import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Logo } from '../../web/viewer.js'
import { keepContent } from '../queries.js'
import { drawn, eachPart, FileRefused, withSpooled } from '../receive.js'
import { sendContent } from '../serve.js'
import { findType } from '../type.js'
import { findLogoSize, saveLogo } from './queries.js'

// A logo that a printer was given; it is drawn anew much smaller.
const MEGABYTES = 10

/** The company's logo. Registered where forms with files are read. */
export default async function logo (app: FastifyInstance) {
  const { db, storage } = app

  app.post('/settings/general/logo', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { logo, error } = request.isMultipart() ? await receiveLogo(request) : {}
    if (!logo) return show(request, reply, error ?? { key: 'files.logo_missing' })
    await saveLogo(db, viewerOf(request), logo)
    return reply.flash('settings.saved').goTo('/settings/general')
  })

  app.post('/settings/general/logo/remove', { config: { can: 'settings.manage' } }, async (request, reply) => {
    await saveLogo(db, viewerOf(request), null)
    return reply.flash('settings.logo_removed').goTo('/settings/general')
  })

  app.get<{ Params: { hash: string } }>('/logo/:hash.webp', { exposeHeadRoute: false, compress: false, config: { public: true } }, async (request, reply) => {
    const { hash } = request.params
    return sendContent(request, reply, storage, { hash, size: await findLogoSize(db, hash), type: 'image/webp', name: 'logo.webp' }, true)
  })

  async function receiveLogo (request: FastifyRequest): Promise<{ logo?: Logo, error?: FieldError }> {
    const received: { logo?: Logo, error?: FieldError } = {}
    await eachPart(request, MEGABYTES * 1e6, {}, async part => {
      await withSpooled(part, MEGABYTES, { db, storage }, async spooled => {
        const { type } = await findType(spooled.path, part.filename)
        if (received.logo) throw new FileRefused({ key: 'files.too_many', values: { count: 1 } })
        const { content, width, height } = await drawn(spooled, type, storage.temporary, true)
        await keepContent({ db, storage }, content)
        received.logo = { hash: content.hash, width, height }
      })
    }, (_name, error) => { received.error = error })
    return received
  }

  const show = (_request: FastifyRequest, reply: FastifyReply, error: FieldError) =>
    reply.page('settings/logo', { error }, { fragment: 'settings/_logo', status: error.key === 'files.too_big' ? 413 : 422 })
}
