import cookie from '@fastify/cookie'
import session from '@fastify/session'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../database/knex.js'
import { PostgresSessionStore, sessionKey, type SessionLimits } from './session-store.js'
import type { Viewer } from './viewer.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The employee who asks, or null before sign-in. */
    viewer: Viewer | null
    /** The same person as they stand now, for answers that last: null once they are signed out. */
    readViewer (): Promise<Viewer | null>
  }
}

export interface SessionOptions { db: Db, secret: string, limits: SessionLimits }

/** The id under which a request's session stands in the database. */
export const sessionKeyOf = (request: FastifyRequest): string => sessionKey(request.session.sessionId)

/**
 * Sessions by cookie, kept in Postgres: HttpOnly, SameSite=Lax, Secure behind TLS. The cookie lives as long as a session
 * can at most; idling and signing out are judged by the database.
 */
export default fp<SessionOptions>(async (app, { db, secret, limits }) => {
  // Another server's request isn't asked for a session, so that it's told how things are also while the database is away. Before the cookies are read.
  app.addHook('onRequest', async request => { if (request.routeOptions.config.foreign) delete request.headers.cookie })
  await app.register(cookie, { secret })
  const store = new PostgresSessionStore(db, limits)
  await app.register(session, {
    secret,
    cookieName: 'clientela',
    store,
    saveUninitialized: false,
    rolling: false,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: limits.maxDays * 24 * 3600_000 }
  })
  app.decorateRequest('viewer', null)
  app.decorateRequest('readViewer', function (this: FastifyRequest) { return store.findViewer(this.session.sessionId) })
  app.addHook('onRequest', async request => {
    request.viewer = request.session?.viewer ?? null
    // Whoever changes something reads what they have changed: only of a GET nothing can be older than its beginning.
    if (request.viewer && request.method === 'GET') Object.assign(request.viewer, { asOf: request.session.asOf, now: request.session.now })
    if (request.session?.stale && !request.routeOptions.config.quiet) await store.touch(request.session.sessionId)
  })
}, { name: 'sessions' })
