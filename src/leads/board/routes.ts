import type { FastifyInstance } from 'fastify'
import { one, type Query } from '../../list-views/address.js'
import { listViews } from '../../list-views/queries.js'
import { NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { movesFrom } from '../moving.js'
import { clockOf } from '../list/due.js'
import { BADGES, isNarrowed } from '../list/filter.js'
import { BOARD, boardAt, keptShort, LEADS, madeBadges, type Look } from '../list/look.js'
import { narrowings } from '../list/narrowings.js'
import { countBadges, COUNT_LIMIT, findNamed } from '../list/queries.js'
import { listStatuses } from '../statuses.js'
import { typeName } from '../types.js'
import { SEES_LEADS } from '../visibility.js'
import type { LeadStatus } from '../lead.js'
import { CARDS, columnsOf, isFolded, limitOf, readWanted, type Wanted } from './column.js'
import { readCards, readColumns } from './queries.js'

type OfColumn = { Params: { status: string } }

/** Leads as a board: a column for each status, in their order. */
export default async function board (app: FastifyInstance) {
  const { db } = app
  const config = { can: SEES_LEADS }

  app.get(BOARD, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const look = await boardAt(db, request)
    if (keptShort(request, reply, look.list())) return reply
    const statuses = await listStatuses(db, { asOf: look.viewer.asOf })
    const shown = columnsOf(statuses, look.filter)
    const wanted = shown.map(status => ({ status, cards: isFolded(status, shown) ? 0 : CARDS }))
    const [chosen, read] = await Promise.all([findNamed(db, look.filter, look.viewer.asOf), readBoard(look, statuses, wanted)])
    return reply.page('leads/board/index', { ...read, chosen, narrowings, stream: `/leads/live?moves=${read.badges.newest}` }, { fragment: 'leads/board/_answer' })
  })

  // Some columns as they stand now, for a board that stays open: those that were touched.
  app.get<{ Querystring: Query }>(`${BOARD}/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    const look = await boardAt(db, request)
    if (!request.isFragment) return reply.redirect(look.list(), 303)
    const statuses = await listStatuses(db, { asOf: look.viewer.asOf })
    return reply.page('', await readBoard(look, statuses, readWanted(one(request.query.columns), statuses)), { fragment: 'leads/board/_now' })
  })

  // The next cards of a column; as a page, a column by itself.
  app.get<OfColumn>(`${BOARD}/columns/:status`, { config }, async (request, reply) => {
    const look = await boardAt(db, request)
    const statuses = await listStatuses(db, { asOf: look.viewer.asOf })
    const status = statuses.find(({ id }) => id === idOf(request.params.status))
    if (!status) throw new NotFound()
    const { after, before, ...page } = await readCards(db, look.viewer, look.filter, status)
    return reply.page('leads/board/column', { ...shownOf(look, statuses), ...page, status, after, before, more: after }, { fragment: 'leads/board/_cards' })
  })

  async function readBoard (look: Look, statuses: LeadStatus[], wanted: Wanted[]) {
    const { viewer, filter } = look
    const counted = async () => {
      const made = madeBadges((await listViews(db, viewer, LEADS)).views, look.fields)
      return { badges: await countBadges(db, viewer, made), made: made.map(({ view }) => view) }
    }
    const [columns, badges] = await Promise.all([readColumns(db, viewer, filter, wanted), counted()])
    return { ...shownOf(look, statuses), columns, ...badges, isOpen: ({ id }: LeadStatus) => wanted.some(({ status, cards }) => status.id === id && cards > 0) }
  }
}

/** What every part of the board is given. */
function shownOf (look: Look, statuses: LeadStatus[]) {
  const next = new Map(statuses.map(({ id }) => [id, movesFrom(look.viewer, statuses, id).map(status => status.id)]))
  return { ...look, statuses, next, BADGES, view: null, narrowed: isNarrowed(look.filter), clockOf, typeName, limitOf, countLimit: COUNT_LIMIT }
}
