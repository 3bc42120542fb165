import fp from 'fastify-plugin'
import { HttpError } from '../web/errors.js'
import { fieldsOf } from '../web/sent.js'

/** The viewer's role asks for two-step sign-in, and they have to set it up before anything else. */
class TwoStepsFirst extends HttpError { constructor () { super(403, 'two_steps_first') } }

/**
 * Leads whoever has to set up two-step sign-in there, from wherever they are, and opens nothing else. A form that was on its way
 * waits on its page, or, when it was sent as a whole, on the one that says what to do.
 */
export default fp(async app => {
  app.addHook('preHandler', async (request, reply) => {
    const { viewer, method } = request
    const { public: open, beforeTwoSteps } = request.routeOptions.config
    if (!viewer?.needsTwoSteps || open || beforeTwoSteps || request.is404) return
    // A stream of live events is asked for as a fragment as well; its Accept says nothing, since htmx writes the same into every request.
    if (request.isFragment) throw new TwoStepsFirst()
    if (method !== 'POST') return reply.redirect('/account/two-steps', 303)
    return reply.page('two-steps/first', { action: request.url, fields: fieldsOf(request.body) }, { status: 403 })
  })
}, { name: 'two-steps-required', dependencies: ['pages'] })
