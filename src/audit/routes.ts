import type { FastifyInstance } from 'fastify'
import { TAG_COLOURS } from '../clients/client.js'
import { countries, languages } from '../installation/choices.js'
import { TYPE_ICONS } from '../lead-settings/form.js'
import { BUILT_IN_ROLES, isRight } from '../rights.js'
import { viewerOf } from '../web/permissions.js'
import { AUDIT_CHOICES, AUDIT_FIELDS, AUDIT_GROUPS, AUDIT_KINDS } from './entry.js'
import { auditPath, isNarrowed, readAuditFilter, unreadDays, type AuditFilter } from './filter.js'
import { listActors, listAudit } from './queries.js'

export default async function audit (app: FastifyInstance) {
  const { db } = app

  app.get('/settings/audit', { config: { can: 'audit.view' } }, async (request, reply) => {
    const filter = readAuditFilter(request.query)
    const [page, actors] = await Promise.all([listAudit(db, filter, viewerOf(request).organisation.timeZone), listActors(db)])
    return reply.page('audit/index', {
      filter, page, actors, unread: unreadDays(request.query), ...shape(request.language),
      narrowed: isNarrowed(filter),
      list: (change?: Partial<AuditFilter>) => auditPath(filter, change)
    }, { fragment: 'audit/_list' })
  })
}

/** What the entries' views have to know: every kind and field there is, and the names of countries and languages. */
const shape = (language: Parameters<typeof countries>[0]) => ({
  groups: AUDIT_GROUPS, kinds: AUDIT_KINDS, fields: AUDIT_FIELDS, choices: AUDIT_CHOICES, colours: TAG_COLOURS, icons: TYPE_ICONS,
  isRight, isBuiltIn: (name: string) => Object.hasOwn(BUILT_IN_ROLES, name),
  names: new Map([...countries(language), ...languages].map(({ value, label }) => [value, label]))
})
