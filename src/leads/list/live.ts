import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { isDueBehind } from '../../tasks/due/routes.js'
import { stream, type Live } from '../../web/live.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { SEES_LEADS } from '../visibility.js'
import { newestMove, whatCameDue } from './queries.js'

type Listening = { Querystring: { seen?: string, moves?: string } }

const MINUTE = 60_000
const ANEW = ['leads', 'leads-anew']

/** What a list listens to: the leads its viewer may see, and no others. */
function topicsOf (viewer: Viewer): string[] {
  if (viewer.can('leads.view_all')) return ['leads']
  const locations = viewer.can('leads.view_locations') ? viewer.locationIds : []
  return [...viewer.can('leads.view_own') ? [`leads of ${viewer.id}`] : [], ...locations.map(id => `leads at ${id}`)]
}

/**
 * The list's stream of events: `leads` when one that its viewer may see came in, changed, went, or came due; for the board `leads-in-<status>`,
 * and `leads-anew` when it may be any column.
 */
export default async function live (app: FastifyInstance) {
  const { db } = app
  const clock = new LateClock(db, app.live, error => app.log.warn({ err: error }, 'what leads came due could not be looked up'))
  app.addHook('onReady', async () => clock.start())
  app.addHook('onClose', async () => clock.stop())

  app.get<Listening>('/leads/live', { exposeHeadRoute: false, config: { can: SEES_LEADS, quiet: true } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const topics = [...topicsOf(viewer), `employee:${viewer.id}`]
    const isBehind = async () => request.query.moves !== undefined && String(await newestMove(db)) !== request.query.moves ? ANEW : []
    const behind = async () => [...await isBehind(), ...await isDueBehind(request)]
    stream(app, request, reply, { topics, behind, anew: [...ANEW, 'tasks'], allowed: () => stillSees(request, topics) })
  })

  // Whoever has come to another location, or to other rights, begins a stream of their own.
  async function stillSees (request: FastifyRequest, topics: string[]): Promise<boolean> {
    const viewer = await request.readViewer()
    return viewer !== null && [...topicsOf(viewer), `employee:${viewer.id}`].join() === topics.join()
  }
}

/** Tells the open lists of a process once a minute, when a lead has become overdue: nothing happens in the database then. */
export class LateClock {
  private timer: NodeJS.Timeout | undefined
  private last: Date | null = null

  constructor (private readonly db: Db, private readonly live: Live, private readonly warn: (error: Error) => void) {}

  start (): void {
    // A little past the minute, because leads are due on it.
    this.timer = setTimeout(() => {
      this.look().catch(error => this.warn(error as Error)).finally(() => { if (this.timer) this.start() })
    }, MINUTE - Date.now() % MINUTE + 300).unref()
  }

  stop (): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  async look (): Promise<void> {
    const topics = this.live.topics('leads')
    if (topics.length === 0) {
      this.last = null
      return
    }
    const { now, some } = await whatCameDue(this.db, this.last)
    this.last = now
    if (some) for (const topic of topics) for (const name of ANEW) this.live.tellHere({ topic, name })
  }
}
