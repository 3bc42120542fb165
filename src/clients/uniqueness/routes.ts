import type { FastifyInstance } from 'fastify'
import { idOf, isEmail, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { readNumber } from '../phones/number.js'
import { SEES_CLIENTS } from '../visibility.js'
import { findMatches } from './queries.js'

export default async function uniqueness (app: FastifyInstance) {
  const { db } = app

  // Asked while a number or address is typed: is it one, and has another client got it?
  app.get('/clients/check', { config: { can: [...SEES_CLIENTS, 'clients.create'] } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const query = request.query as Body
    const name = Object.keys(query).find(name => /^(phones|emails)\.\d+\.(number|address)$/.test(name)) ?? ''
    const kind = name.startsWith('emails') ? 'email' : 'phone'
    const value = typedText(query, name).replaceAll('\u0000', '').slice(0, 254).trim()
    const number = kind === 'phone' ? readNumber(value, viewer.organisation.country) : null
    const key = number ? number.e164 : isEmail(value) ? value.toLowerCase() : null
    const setting = kind === 'phone' ? viewer.organisation.phoneUniqueness : viewer.organisation.emailUniqueness
    const matches = key && setting !== 'allow' ? await findMatches(db, viewer, kind, key, idOf(query.client)) : { known: [], hidden: 0 }
    // Half a number isn't wrong yet: the warning waits for seven digits.
    const invalid = value !== '' && key === null && (kind === 'email' ? value.includes('@') && value.length > 6 : value.replace(/\D/g, '').length >= 7)
    return reply.page('clients/uniqueness/show', { kind, invalid, matches, setting }, { fragment: 'clients/uniqueness/_says' })
  })
}
