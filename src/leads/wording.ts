import type { FastifyRequest } from 'fastify'
import type { LeadStatus, LeadType } from './lead.js'
import { statusName } from './statuses.js'
import { typeName } from './types.js'
import { translator } from '../web/i18n.js'
import { wordsOf, type Labels } from '../web/labels.js'
import { viewerOf } from '../web/permissions.js'

/** What views call types and statuses, for who asks. */
export function wording (request: FastifyRequest) {
  const t = translator(request.language)
  const say = (labels: Labels) => wordsOf(labels, request.language, viewerOf(request).organisation.language)
  return { typeName: (type: LeadType) => typeName(t, say, type), statusName: (status: LeadStatus) => statusName(t, say, status) }
}
