import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import type { Right } from '../rights.js'
import { Forbidden, SignInFirst } from './errors.js'
import type { Viewer } from './viewer.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The right this route asks for; of several, any one will do. */
    can?: Right | readonly Right[]
    /** Anyone who is signed in. */
    signedIn?: boolean
    /** Anyone at all. */
    public?: boolean
    /**
     * Asked by a server (a provider's webhook, whoever watches over this one), so not held to our own pages: see same-origin.ts. Only of a public route,
     * whose handler finds out by itself who asks; nobody is signed in there, whatever cookie comes along.
     */
    foreign?: boolean
    /** Also for somebody who has to set up two-step sign-in first: see src/two-steps/required.ts. */
    beforeTwoSteps?: boolean
    /** Asked for by open pages themselves: no visit, so it doesn't keep the session alive. */
    quiet?: boolean
    /** Also for somebody who looks as another role, though it is no GET: see src/view-as/read-only.ts. */
    whileViewing?: boolean
  }
}

/**
 * Permissions are declared, and absent means refused: a route that states none of `can`, `signedIn` or `public` stops the
 * start-up with its name; a request without the right is answered 403, one without a session is sent to sign in.
 */
export default fp(async app => {
  app.addHook('onRoute', route => {
    const { can, signedIn, public: open, foreign } = route.config ?? {}
    if (foreign && !open) throw new Error(`Route ${String(route.method)} ${route.url} is foreign, so it has to be public`)
    if ([can, signedIn, open].filter(Boolean).length !== 1) {
      throw new Error(`Route ${String(route.method)} ${route.url} states no right: give it one of config.can, config.signedIn or config.public`)
    }
  })

  // Behind every onRequest hook, so that the session is known, and before the body is read.
  app.addHook('preParsing', async request => {
    const { can, public: open } = request.routeOptions.config
    if (open || request.is404) return
    const { viewer } = request
    // The body is read first when something was being saved, so that signing in again can go on with it.
    if (!viewer) {
      if (request.method === 'POST') return
      throw new SignInFirst()
    }
    refuse(viewer, can)
  })

  app.addHook('preHandler', async request => {
    if (!request.viewer && !request.is404 && !request.routeOptions.config.public) throw new SignInFirst()
  })
}, { name: 'permissions' })

function refuse (viewer: Viewer, can: Right | readonly Right[] | undefined): void {
  if (!can) return
  const rights = typeof can === 'string' ? [can] : can
  if (!rights.some(right => viewer.can(right))) throw new Forbidden(rights)
}

/** The viewer of a route that isn't public, where there always is one. */
export function viewerOf (request: FastifyRequest): Viewer {
  if (!request.viewer) throw new SignInFirst()
  return request.viewer
}
