import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.js'
import type { Viewer } from './viewer.js'

/** The hidden field in which a form says for whom it was made, where no JavaScript tells: every form of the templates has it, see templates.ts. */
export const PAGE_VIEWER = 'page_viewer'

/** That field, as HTML. */
export const pageViewerField = (viewer: Viewer | null): string => viewer ? `<input type="hidden" name="${PAGE_VIEWER}" value="${viewer.id}">` : ''

/** For whom the page was made that htmx asks from, by the number of the employee, as public/js/offline.js tells; undefined without htmx, and where nobody is signed in. */
export const pageViewer = ({ headers }: FastifyRequest): string | undefined => headers['page-viewer'] as string | undefined

/** Whether what was sent was made for somebody else than who is signed in by now. */
const isOthers = ({ viewer, routeOptions: { config } }: FastifyRequest, whose: unknown): boolean =>
  viewer !== null && !config.fromAnyPage && [whose ?? []].flat().some(one => one !== String(viewer.id))

/** What is said to such a form; null when it is theirs, or says nothing. */
export const othersForm = (request: FastifyRequest, whose: unknown): HttpError | null =>
  isOthers(request, whose) ? new HttpError(409, 'others_form', { name: request.viewer!.name }) : null

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Also from a page that was made for somebody else: nothing of theirs is saved. */
    fromAnyPage?: boolean
  }
}

/**
 * Two tabs of a browser have one session. Whoever signs in as somebody else in one of them leaves the other with what the first person has typed there:
 * it isn't saved as theirs. With JavaScript it stays where it is, and the page says why; without, the page that says so has it. A form with files is
 * judged as it is read, see src/files/receive.ts.
 */
export default fp(async app => {
  app.addHook('onRequest', async request => {
    if (request.method === 'POST' && isOthers(request, pageViewer(request))) throw new HttpError(409, 'others_page', { name: request.viewer!.name })
  })

  app.addHook('preHandler', async request => {
    const body = request.body as Record<string, unknown> | null | undefined
    // One that waits for somebody to sign in goes on saying whose it is.
    if (!request.viewer || !body || !(PAGE_VIEWER in body)) return
    const refusal = othersForm(request, body[PAGE_VIEWER])
    if (refusal) throw refusal
    delete body[PAGE_VIEWER] // no field of the form's
  })
}, { name: 'whose-page', dependencies: ['sessions', 'errors'] })
