import type { FastifyRequest } from 'fastify'
import type { LeadStatus, LeadType } from '../leads/lead.js'
import { statusName } from '../leads/statuses.js'
import { typeName } from '../leads/types.js'
import { translator } from '../web/i18n.js'

/** What views call types and statuses, for who asks. */
export function wording ({ language }: FastifyRequest) {
  const t = translator(language)
  return { typeName: (type: LeadType) => typeName(t, type, language), statusName: (status: LeadStatus) => statusName(t, status, language) }
}
