import type { FastifyInstance, FastifyReply } from 'fastify'
import { transaction } from '../../database/transaction.js'
import type { Body, FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { attempt } from '../../web/refusal.js'
import { MANAGES } from '../rights.js'
import { LINKS, readWordsForm, WORDS } from './form.js'
import { findWords, saveWords } from './queries.js'

const URL = '/settings/templates/company'

/** Settings > Templates > Company and links: what variables say of the company. */
export default async function companyWords (app: FastifyInstance) {
  const { db } = app
  const config = { can: MANAGES } as const

  app.get(URL, { config }, async (_request, reply) => show(reply, null, 200))

  app.post(URL, { config }, async (request, reply) => {
    const form = readWordsForm(request.body)
    if (form.errors) return show(reply, form, 422)
    const { errors } = await attempt(transaction(db, trx => saveWords(trx, viewerOf(request), form.values)))
    // Once somebody has been told that another changed it, saving again is meant.
    if (errors) return show(reply, { typed: { ...form.typed, version: '' }, errors }, 409)
    return reply.flash('settings.saved').goTo('/settings/templates')
  })

  async function show (reply: FastifyReply, form: { typed: Body, errors: FieldErrors } | null, status: number) {
    const { version, ...words } = await findWords(db)
    return reply.page('templates/company-words/index', { WORDS, LINKS, ...(form ?? { typed: { ...words, version: String(version) }, errors: {} }) }, { fragment: 'templates/company-words/_form', status })
  }
}
