import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { seesClients } from '../clients/visibility.js'
import { transaction } from '../database/transaction.js'
import { shapeOf } from '../form-editor/shape.js'
import { smsParts } from '../messages/sms-parts.js'
import { listRoles } from '../roles/queries.js'
import { idOf, typedText, type Body, type FieldErrors } from '../web/form.js'
import { translator } from '../web/i18n.js'
import { wordsOf } from '../web/labels.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from '../web/refusal.js'
import { LANGUAGES, type Viewer } from '../web/viewer.js'
import { checkText } from './check.js'
import companyWords from './company-words/routes.js'
import { readTemplateForm, readTexts, templateTyped } from './form.js'
import { findMatches, previewOf } from './preview.js'
import { changeTemplate, createTemplate, findTemplate, listTemplates, setArchived, TemplateChanged } from './queries.js'
import { MANAGES } from './rights.js'
import { LONGEST_BODY, LONGEST_SUBJECT, TEMPLATE_CHANNELS, type Template } from './template.js'
import { GROUPS, listVariables, type Variable } from './variables.js'

const URL = '/settings/templates'
type OfOne = { Params: { id: string } }
interface Shown { typed: Body, errors: FieldErrors }

/** Settings > Templates: what is written to clients again and again. */
export default async function templates (app: FastifyInstance) {
  const { db } = app
  const config = { can: MANAGES } as const
  await app.register(companyWords)

  app.get(URL, { config }, async (request, reply) => {
    const [all, roles, variables] = await Promise.all([listTemplates(db), listRoles(db), variablesFor(viewerOf(request))])
    const names = variables.map(({ name }) => name)
    // A field that was taken away leaves its name behind in texts.
    const broken = new Set(all.filter(({ texts }) => Object.values(texts).some(({ subject, body }) => checkText(subject, names) ?? checkText(body, names))).map(({ id }) => id))
    return reply.page('templates/index', { templates: all, roles, broken, LANGUAGES }, { fragment: 'templates/_list' })
  })

  app.get<{ Querystring: { from?: string, channel?: string } }>(`${URL}/new`, { config }, async (request, reply) => {
    const { from, channel } = request.query
    const model = from === undefined ? null : await findTemplate(db, idOf(from))
    const typed: Body = model ? { ...templateTyped(model), name: '' } : { channel: TEMPLATE_CHANNELS.find(one => one === channel) ?? 'email', whose: 'all' }
    return showForm(request, reply, null, { typed, errors: {} }, 200)
  })

  app.post(URL, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readTemplateForm(request.body, await namesFor(viewer), viewer.organisation.language)
    if (form.errors) return showForm(request, reply, null, form, 422)
    const { made, errors } = await attempt(transaction(db, trx => createTemplate(trx, viewer, form.values)))
    if (errors) return showForm(request, reply, null, { typed: form.typed, errors }, 422)
    return reply.flash('choices.added', { name: made.name }).goTo(URL)
  })

  // What is being typed, for a client: alone for the page itself, and with the whole page where a button asks for it.
  app.post(`${URL}/preview`, { config }, async (request, reply) => showPreview(request, reply, null))
  app.post<OfOne>(`${URL}/:id/preview`, { config }, async (request, reply) => showPreview(request, reply, await findTemplate(db, idOf(request.params.id))))

  app.get<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const template = await findTemplate(db, idOf(request.params.id))
    return showForm(request, reply, template, { typed: templateTyped(template), errors: {} }, 200)
  })

  app.post<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const template = await findTemplate(db, idOf(request.params.id))
    const form = readTemplateForm(request.body, await namesFor(viewer), viewer.organisation.language, template)
    if (form.errors) return showForm(request, reply, template, form, 422)
    try {
      const { made, errors } = await attempt(transaction(db, trx => changeTemplate(trx, viewer, template.id, form.values, idOf(typedText(form.typed, 'version')))))
      if (errors) return await showForm(request, reply, template, { typed: form.typed, errors }, 422)
      return reply.flash('choices.saved', { name: made.name }).goTo(URL)
    } catch (error) {
      if (!(error instanceof TemplateChanged)) throw error
      return showForm(request, reply, error.now, { typed: { ...form.typed, version: String(error.now.version) }, errors: { form: { key: 'choices.changed_meanwhile', values: { name: error.now.name } } } }, 409)
    }
  })

  for (const [action, archived] of [['archive', true], ['restore', false]] as const) {
    app.post<OfOne>(`${URL}/:id/${action}`, { config }, async (request, reply) => {
      const { made, errors } = await attempt(transaction(db, trx => setArchived(trx, viewerOf(request), idOf(request.params.id), archived)))
      if (errors) {
        const template = await findTemplate(db, idOf(request.params.id))
        return showForm(request, reply, template, { typed: templateTyped(template), errors }, 422)
      }
      return reply.flash(archived ? 'choices.is_retired' : 'choices.is_restored', { name: made.name }, `${URL}/${request.params.id}/${archived ? 'restore' : 'archive'}`).goTo(URL)
    })
  }

  async function showPreview (request: FastifyRequest, reply: FastifyReply, template: Template | null) {
    reply.header('HX-Push-Url', 'false')
    const { typed, errors = {} } = readTemplateForm(request.body, await namesFor(viewerOf(request)), viewerOf(request).organisation.language, template ?? undefined)
    // Nobody is told meanwhile that something isn't there yet; only what can't be read.
    const wrong = Object.entries(errors).filter(([name, { key }]) => /^(subject|body)\./.test(name) && !['templates.no_text', 'templates.no_body', 'templates.no_subject'].includes(key))
    return showForm(request, reply, template, { typed, errors: Object.fromEntries(wrong) }, 200, 'templates/_preview')
  }

  async function showForm (request: FastifyRequest, reply: FastifyReply, template: Template | null, form: Shown, status: number, fragment = 'templates/_form') {
    const viewer = viewerOf(request), main = viewer.organisation.language
    const [variables, roles] = await Promise.all([variablesFor(viewer), listRoles(db)])
    const channel = template?.channel ?? TEMPLATE_CHANNELS.find(one => one === typedText(form.typed, 'channel')) ?? 'email'
    const texts = readTexts(form.typed, channel, variables.map(({ name }) => name), {})
    const t = translator(request.language)
    const wordsFor = ({ group, key, own }: Variable) => own ? wordsOf(own, request.language, main) : t(`templates.variables.${group}.${key}`)
    const chosen = idOf(typedText(form.typed, 'client')), matches = await findMatches(db, viewer, typedText(form.typed, 'who'))
    const clientId = matches.length === 0 || matches.some(({ id }) => id === chosen) ? chosen : matches[0]!.id
    const preview = await previewOf(db, viewer, { channel, texts }, { clientId, language: LANGUAGES.find(one => one === typedText(form.typed, 'language')) ?? null }, wordsFor)
    return reply.page('templates/template', {
      ...form, template, channel, roles, variables, wordsFor, GROUPS, CHANNELS: TEMPLATE_CHANNELS, LONGEST_BODY, LONGEST_SUBJECT, languages: [main, ...LANGUAGES.filter(one => one !== main)],
      preview, matches, texts, parts: channel === 'sms' ? smsParts(preview.rendered.text) : null, sees: seesClients(viewer), versions: LANGUAGES.filter(one => texts[one])
    }, { fragment, status })
  }

  const variablesFor = async ({ formVersions }: Viewer) => listVariables({ client: await shapeOf(db, 'client', formVersions), lead: await shapeOf(db, 'lead', formVersions) })
  const namesFor = async (viewer: Viewer) => (await variablesFor(viewer)).map(({ name }) => name)
}
