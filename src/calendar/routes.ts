import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { seesLeads } from '../leads/visibility.js'
import { beginFeed } from '../sign-in/throttle.js'
import { listTasks } from '../tasks/list/queries.js'
import { translator } from '../web/i18n.js'
import { viewerOf } from '../web/permissions.js'
import { findActor } from '../web/session-store.js'
import type { Viewer } from '../web/viewer.js'
import { leadEntry, taskEntry } from './entries.js'
import { writeCalendar } from './ical.js'
import { findFeed, listDueLeads, makeFeed, MOST, readFeed, revokeFeed } from './queries.js'

type Asked = { Params: { token: string } }

const PAGE = '/account/calendar'
const TOKEN = /^[\w-]{43}$/

/** What is due for somebody as their calendar reads it, under a secret address that they make and take back. */
export default async function calendar (app: FastifyInstance) {
  const { db } = app
  const config = { signedIn: true }

  // Whoever knows the address may read it: calendars can't sign in.
  app.get<Asked>('/calendar/:token.ics', { config: { public: true } }, async (request, reply) => {
    reply.header('Cache-Control', 'private, no-cache').header('X-Robots-Tag', 'noindex').type('text/plain; charset=utf-8')
    const feed = TOKEN.test(request.params.token) ? await readFeed(db, request.params.token) : null
    if (feed?.tooOften) return reply.code(429).header('Retry-After', 3600).send('Too often\n')
    const viewer = feed && await findActor(db, feed.employeeId)
    if (!feed || !viewer || viewer.needsTwoSteps) {
      // Guessing is hopeless, and soon slow as well.
      const wait = feed ? 0 : await beginFeed(db, request.ip)
      return wait > 0 ? reply.code(429).header('Retry-After', wait).send('Too often\n') : reply.code(404).send('Not found\n')
    }
    const text = await write(viewer, feed.madeAt)
    const etag = `W/"${createHash('sha256').update(text).digest('base64url')}"`
    reply.header('ETag', etag)
    if (asks(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.type('text/calendar; charset=utf-8').header('Content-Disposition', 'inline; filename="clientela.ics"').send(text)
  })

  app.get(PAGE, { config }, async (request, reply) => reply.page('calendar/show', { feed: await findFeed(db, viewerOf(request)), address: null }))

  // The address is shown in this answer alone: nothing that is kept says it again.
  app.post(PAGE, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const address = `${await app.publicUrl()}/calendar/${await makeFeed(db, viewer)}.ics`
    return reply.header('HX-Push-Url', 'false').page('calendar/show', { feed: await findFeed(db, viewer), address })
  })

  app.post(`${PAGE}/revoke`, { config }, async (request, reply) => {
    if (await revokeFeed(db, viewerOf(request))) reply.flash('calendar.revoked')
    return reply.goTo(PAGE)
  })

  async function write (viewer: Viewer, madeAt: Date): Promise<string> {
    const [publicUrl, leads, { tasks }] = await Promise.all([
      app.publicUrl(), seesLeads(viewer) ? listDueLeads(db, viewer) : [], listTasks(db, viewer, { who: viewer.id, show: 'open', after: null }, MOST)
    ])
    const t = translator(viewer.language)
    const name = `${viewer.organisation.name}: ${t('calendar.name', { name: viewer.name })}`
    return writeCalendar(name, [...leads.map(lead => leadEntry(viewer, lead, publicUrl)), ...tasks.map(task => taskEntry(viewer, task, publicUrl, madeAt))])
  }
}

// RFC 9110, 13.1.2: compared weakly.
function asks (header: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return header !== undefined && (header.trim() === '*' || header.split(',').some(tag => bare(tag) === bare(etag)))
}
