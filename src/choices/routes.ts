import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fingerprint } from '../web/fingerprint.js'
import { transaction } from '../database/transaction.js'
import { NotFound } from '../web/errors.js'
import { translator } from '../web/i18n.js'
import { idOf, typedText, type Body, type FieldError, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Choice, ChoiceList } from './choice.js'
import { choicesPath, readChoicesFilter, readInstead, readMerge, readStep, readTicked } from './form.js'
import {
  changeChoice, ChangedMeanwhile, CHOICES_PAGE, createChoice, deleteChoice, findChoice, findChoices, InUse, LastOne, listChoicesPage, listOthers, mergeChoices, moveChoice, NameTaken, NoSuchChoice, setRetired, sortByName
} from './queries.js'

interface OfOne { Params: { id: string } }

/** The pages of one of the company's lists: `/settings/tags` shows it, `/settings/tags/7` changes, retires and deletes one, `/settings/tags/merge` makes one of several. */
export function choiceRoutes (app: FastifyInstance, list: ChoiceList): void {
  const { db } = app
  const { url } = list
  const config = { can: list.can }

  app.get(url, { config }, (request, reply) => showList(request, reply))

  app.get(`${url}/new`, { config }, (_request, reply) => showForm(reply, null, {}, {}, 200))

  app.post(url, { config }, async (request, reply) => {
    const form = list.read(request.body)
    if (form.errors) return showForm(reply, null, form.typed, form.errors, 422)
    try {
      await db.transaction(trx => createChoice(trx, viewerOf(request), list, form.values))
    } catch (error) {
      return showForm(reply, null, form.typed, explain(error), 422)
    }
    return reply.flash('choices.added', { name: typedText(form.typed, 'name') }).goTo(url)
  })

  // Which of the ticked ones stays, and who has them.
  app.get(`${url}/merge`, { config }, (request, reply) => showMerge(request, reply, readTicked(request.query)))

  app.post(`${url}/merge`, { config }, async (request, reply) => {
    const { ids, into } = readMerge(request.body)
    if (into === null || !ids.includes(into)) return showMerge(request, reply, ids, { key: 'choices.choose_into' })
    try {
      const stays = await transaction(db, trx => mergeChoices(trx, viewerOf(request), list, ids, into))
      return reply.flash('choices.merged', { name: nameOf(stays, request) }).goTo(url)
    } catch (error) {
      if (!(error instanceof NoSuchChoice)) throw error
      return showMerge(request, reply, ids, { key: 'choices.gone_meanwhile' })
    }
  })

  app.post(`${url}/order`, { config }, async (request, reply) => {
    const asked = readStep(request.body)
    if (!asked) throw new NotFound()
    const by = viewerOf(request)
    await db.transaction(trx => asked === 'by name' ? sortByName(trx, by, list) : moveChoice(trx, by, list, asked.id, asked.step))
    return request.isFragment ? showList(request, reply, request.body) : reply.redirect(choicesPath(url, readChoicesFilter(request.body)), 303)
  })

  app.get<OfOne>(`${url}/:id`, { config }, async (request, reply) => {
    const choice = await findChoice(db, list, idOf(request.params.id))
    return showForm(reply, choice, list.typed(choice), {}, 200)
  })

  app.post<OfOne>(`${url}/:id`, { config }, async (request, reply) => {
    const choice = await findChoice(db, list, idOf(request.params.id))
    const form = list.read(request.body, choice)
    if (form.errors) return showForm(reply, choice, form.typed, form.errors, 422)
    const was = typedText(form.typed, 'was')
    try {
      const saved = await transaction(db, trx => changeChoice(trx, viewerOf(request), list, choice.id, form.values, now => was === '' || was === print(now)))
      return reply.flash('choices.saved', { name: nameOf(saved, request) }).goTo(url)
    } catch (error) {
      // Sent again it is written: by then its writer has read what the other made of it.
      if (error instanceof ChangedMeanwhile) return showForm(reply, error.now, { ...form.typed, was: print(error.now) }, { name: { key: 'choices.changed_meanwhile', values: { name: nameOf(error.now, request) } } }, 409)
      return showForm(reply, choice, form.typed, explain(error), 422)
    }
  })

  for (const [action, retired, back] of [['retire', true, 'restore'], ['restore', false, 'retire']] as const) {
    app.post<OfOne>(`${url}/:id/${action}`, { config }, async (request, reply) => {
      try {
        const choice = await transaction(db, trx => setRetired(trx, viewerOf(request), list, idOf(request.params.id), retired))
        return reply.flash(retired ? 'choices.is_retired' : 'choices.is_restored', { name: nameOf(choice, request) }, `${url}/${choice.id}/${back}`).goTo(choicesPath(url, readChoicesFilter(request.query)))
      } catch (error) {
        if (!(error instanceof LastOne)) throw error
        return showList(request, reply, {}, { key: 'choices.last_one' })
      }
    })
  }

  app.post<OfOne>(`${url}/:id/delete`, { config }, async (request, reply) => {
    const { instead, errors } = readInstead(request.body)
    const typed = (request.body ?? {}) as Body
    const choice = await findChoice(db, list, idOf(request.params.id))
    if (choice.key) throw new NotFound()
    try {
      if (Object.keys(errors).length > 0) return await showForm(reply, choice, list.typed(choice), errors, 422, { instead: typed })
      await transaction(db, trx => deleteChoice(trx, viewerOf(request), list, choice.id, instead))
      return reply.flash('choices.deleted', { name: nameOf(choice, request) }).goTo(url)
    } catch (error) {
      if (error instanceof LastOne) return showForm(reply, choice, list.typed(choice), { delete: { key: 'choices.last_one' } }, 422)
      if (!(error instanceof InUse || error instanceof NoSuchChoice)) throw error
      const problem = error instanceof InUse ? { delete: { key: 'choices.used_meanwhile' } } : { [list.isLong ? 'tag' : 'other']: { key: 'choices.other_gone' } }
      return showForm(reply, choice, list.typed(choice), problem, 422, { instead: typed })
    }
  })

  async function showList (request: FastifyRequest, reply: FastifyReply, query: unknown = request.query, problem?: FieldError) {
    const filter = readChoicesFilter(query)
    const page = await listChoicesPage(db, list, filter)
    const pathOf = (change: object) => choicesPath(url, { ...filter, ...change })
    return reply.page('choices/index', { list, page, filter, pathOf, problem, pageSize: CHOICES_PAGE }, { fragment: 'choices/_list', status: problem ? 422 : 200 })
  }

  async function showForm (reply: FastifyReply, choice: Choice | null, typed: Body, errors: FieldErrors, status: number, extra: object = {}) {
    const [use, others] = choice ? await Promise.all([list.findUse(db, [choice.id]), listOthers(db, list, choice.id)]) : [null, []]
    const data = { list, choice, typed, errors, use, others, was: choice && (typedText(typed, 'was') || print(choice)), instead: {}, ...(choice && await list.more?.(db, choice.id)), ...extra }
    return reply.page(choice ? 'choices/edit' : 'choices/new', data, { fragment: choice ? 'choices/_edit' : 'choices/_form', status })
  }

  async function showMerge (request: FastifyRequest, reply: FastifyReply, ids: readonly number[], problem?: FieldError) {
    const choices = await findChoices(db, list, ids)
    if (choices.length < 2) return showList(request, reply, {}, { key: 'choices.tick_two' })
    if (choices.filter(({ key }) => key).length > 1) return showList(request, reply, {}, { key: 'phone_types.merge_built_in' })
    const use = await list.findUse(db, choices.map(({ id }) => id))
    const into = idOf(((request.body ?? {}) as Body).into)
    return reply.page('choices/merge', { list, choices, use, into, problem }, { fragment: 'choices/_merge', status: problem ? 422 : 200 })
  }

  const print = (choice: Choice) => fingerprint(list.typed(choice))
}

const nameOf = ({ name, key }: Choice, { language }: FastifyRequest): string => name ?? translator(language)(`phone_types.${key}`)

// The unique index decides, so that two who save the same name at once don't both succeed.
function explain (error: unknown): FieldErrors {
  if (error instanceof NameTaken) return { name: { key: 'choices.name_taken' } }
  throw error
}
