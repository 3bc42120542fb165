import fastifyView from '@fastify/view'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { inRoot } from '../paths.js'
import type { Right } from '../rights.js'
import { formatFor } from './format.js'
import { languageOf, translator } from './i18n.js'
import { findLogo } from './brand.js'
import { icon, sharedIcons } from './icons.js'
import { keptRows, type Common, type KeptRow } from './kept.js'
import { wordsOf, type Labels } from './labels.js'
import { etaOver } from './templates.js'
import { isLanguage, type Language, type Viewer } from './viewer.js'
import { pageViewerField } from './whose-page.js'
import { dayOf } from './zone.js'

export interface PageOptions {
  /** The partial that answers a fragment request alone. */
  fragment?: string
  /** What only the fragment is given. */
  with?: Record<string, unknown>
  status?: number
}

/** What a noun adds to every whole page: read once a page, for the layout. */
export type PageReader = (request: FastifyRequest) => Promise<object>

/** What a noun makes of the HTML of a page, or of a part of one, before it goes; its characters are bytes, see templates.ts. */
export type PageFinisher = (request: FastifyRequest, html: string) => string

declare module 'fastify' {
  interface FastifyInstance {
    /** Readers of what every whole page of somebody signed in shows; a noun adds its own. */
    pageReaders: PageReader[]
    pageFinishers: PageFinisher[]
  }
  interface FastifyReply {
    /** Answers with a view: the whole page, or to htmx's request for a part of one, `fragment` alone. */
    page (view: string, data?: object, options?: PageOptions): Promise<FastifyReply>
    /** Leads on to another page after a POST, whoever asked. */
    goTo (path: string): FastifyReply
  }
  interface FastifyRequest {
    /** htmx asks for a part of the page (HX-Request-Type: partial), not for a visit. */
    readonly isFragment: boolean
    readonly language: Language
    /** Reads what stands around a page. A handler that has much to read itself begins with it, so that both go side by side. */
    around (): Promise<object>
  }
}

/** One for all applications of a process: a template is compiled once. */
const eta = etaOver(inRoot('views'))

/** Eta behind @fastify/view, with what every template may call: t, fmt, icon, asset, can, say. */
export default fp(async app => {
  await app.register(fastifyView, { engine: { eta }, root: inRoot('views'), production: true })

  app.decorate('pageReaders', [])
  app.decorate('pageFinishers', [])
  app.decorateRequest('isFragment', { getter (this: FastifyRequest) { return this.headers['hx-request-type'] === 'partial' } })
  app.decorateRequest('language', { getter (this: FastifyRequest) { return this.viewer?.language ?? pageLanguage(this) ?? languageOf(this.headers['accept-language']) } })

  const reading = new WeakMap<FastifyRequest, Promise<object>>()
  app.decorateRequest('around', function (this: FastifyRequest) {
    let around = reading.get(this)
    if (!around) reading.set(this, around = readAround(this))
    return around
  })

  app.decorateReply('page', async function (this: FastifyReply, view: string, data: object = {}, options: PageOptions = {}) {
    const { request } = this
    const status = options.status ?? 200
    this.code(status).type('text/html; charset=utf-8').header('Vary', 'HX-Request-Type').header('Cache-Control', 'no-store')
    // A boosted form that was refused keeps the address of its page (a POST's can't be reloaded).
    if (request.method === 'POST' && status >= 400) this.header('HX-Push-Url', 'false')
    const fragment = request.isFragment && options.fragment
    // Pages that nobody is signed in to carry the company's logo too.
    const logo = fragment || status >= 500 || request.viewer ? request.viewer?.organisation.logo : await findLogo(app.db)
    const given = fragment ? { ...data, ...options.with } : { flash: request.takeFlash(this), ...(status < 500 && await request.around()), ...data }
    const made = await app.view(fragment || view, { ...contextOf(request.viewer, request.language, app.asset), path: request.url.split('?', 1)[0], logo, ...given })
    const html = app.pageFinishers.reduce((html, finish) => finish(request, html), made)
    // NUL is no character of HTML.
    return this.send(Buffer.from(html.includes('\0') ? html.replaceAll('\0', '\xef\xbf\xbd') : html, 'latin1'))
  })

  app.decorateReply('goTo', function (this: FastifyReply, path: string) {
    return this.request.isFragment ? this.header('HX-Redirect', path).send('') : this.redirect(path, 303)
  })
}, { name: 'pages', dependencies: ['assets', 'flash'] })

/** Renders a partial for somebody who didn't ask just now: as bytes, see templates.ts. Nothing in it may look at the address it is on. */
export const renderFor = (viewer: Viewer, partial: string, data: object, asset: (name: string) => string): string =>
  eta.render(partial, { ...contextOf(viewer, viewer.language, asset), ...data })

/** The language of the page that htmx asks from, whoever reads it; a session that ends there doesn't change it. */
function pageLanguage ({ headers }: FastifyRequest): Language | undefined {
  const language = headers['page-language']
  return isLanguage(language) ? language : undefined
}

/** What stands around a page, but for one that says what went wrong with us: it asks nothing more of the database. */
async function readAround (request: FastifyRequest): Promise<object> {
  if (!request.viewer) return {}
  try {
    return Object.assign({}, ...await Promise.all(request.server.pageReaders.map(read => read(request))))
  } catch (error) {
    request.log.warn({ err: error }, 'what stands around the page could not be read')
    return {}
  }
}

/** What every template knows of who reads it. */
function contextOf (viewer: Viewer | null, language: Language, asset: (name: string) => string) {
  const t = translator(language)
  const { country, timeZone, language: fallback } = viewer?.organisation ?? { country: 'GB', timeZone: 'UTC', language: 'en' as const }
  const words = {
    t,
    fmt: formatFor(language, country, timeZone, t),
    icon,
    /** Words typed in several languages, in the viewer's. */
    say: (labels: Labels) => wordsOf(labels, language, fallback)
  }
  return {
    ...words,
    sharedIcons,
    asset,
    /** The rows of a list, rendered or as they were before: see kept.ts. */
    eachKept: (partial: string, rows: readonly KeptRow[], common: Common) => keptRows(eta, words, `${language} ${country} ${timeZone} ${fallback} ${dayOf(new Date(), timeZone)}`, partial, rows, common),
    can: (...rights: Right[]) => viewer !== null && rights.some(right => viewer.can(right)),
    viewer,
    pageViewer: pageViewerField(viewer),
    organisation: viewer?.organisation ?? null,
    language
  }
}
