import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../database/once.js'
import { transaction } from '../database/transaction.js'
import { CARDS, SEES_CARDS, type ShownCard } from '../feed/card.js'
import { SUBJECTS, type Subject } from '../form-editor/definition.js'
import { safePath } from '../sign-in/form.js'
import { NotFound } from '../web/errors.js'
import type { Flash } from '../web/flash.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import due from './due/routes.js'
import { newTaskTyped, readTaskForm, taskTyped } from './form.js'
import { readTaskFilter } from './list/filter.js'
import { listDoneLately, listTasks, listWorkers } from './list/queries.js'
import { addTask, changeTask, findOwnTask, findTask, listAssignees, NotTheirs, putNoticeAway, setDeleted, setDone, TaskChanged } from './queries.js'
import type { Task } from './task.js'

type OfCard = { Params: { id: string } }
type OfTask = { Params: { task: string }, Querystring: { back?: string } }

export default async function tasks (app: FastifyInstance) {
  const { db } = app
  const config = { can: SEES_CARDS }
  await app.register(due)

  app.get('/tasks', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const filter = readTaskFilter(request.query as Body, viewer)
    const isWhole = filter.show === 'open' && !filter.after
    const [page, lately, workers] = await Promise.all([
      listTasks(db, viewer, filter),
      isWhole ? listDoneLately(db, viewer, filter.who) : [],
      viewer.can('tasks.view_all') ? listWorkers(db) : []
    ])
    if (typeof filter.who === 'number' && filter.who !== viewer.id && !workers.some(({ id }) => id === filter.who)) throw new NotFound()
    return reply.page('tasks/index', { filter, page, lately, workers, back: request.url }, { fragment: 'tasks/list/_list' })
  })

  for (const subject of SUBJECTS) {
    const config = { can: CARDS[subject].sees }
    app.get<OfCard>(`/${subject}s/:id/tasks/new`, { config }, async (request, reply) => {
      const card = await found(request, subject)
      return showNew(reply, card, { typed: newTaskTyped(viewerOf(request)), errors: {}, token: randomUUID() }, 200)
    })

    app.post<OfCard>(`/${subject}s/:id/tasks`, { config }, async (request, reply) => {
      const viewer = viewerOf(request)
      const card = await found(request, subject)
      const form = readTaskForm(request.body, viewer)
      const { token } = form.typed
      const errors = form.errors ?? await assigneeError(() => transaction(db, trx => once(trx, token, viewer.id, async () => String(await addTask(trx, viewer, card, form.values)))))
      if (errors) return showNew(reply, card, { typed: form.typed, errors, token }, 422)
      return answer(request, reply, card.path, { key: 'tasks.added' }, true)
    })
  }

  app.get<OfTask>('/tasks/:task/edit', { config }, async (request, reply) => {
    const task = await findOwnTask(db, viewerOf(request), idOf(request.params.task))
    return showEdit(request, reply, task, { typed: taskTyped(task), errors: {}, version: task.version }, 200)
  })

  app.post<OfTask>('/tasks/:task', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const task = await findOwnTask(db, viewer, idOf(request.params.task))
    const form = readTaskForm(request.body, viewer)
    const version = idOf(form.typed.version)
    try {
      const errors = form.errors ?? await assigneeError(() => transaction(db, trx => changeTask(trx, viewer, task.id, form.values, version)))
      if (errors) return showEdit(request, reply, task, { typed: form.typed, errors, version }, 422)
    } catch (error) {
      if (!(error instanceof TaskChanged)) throw error
      // What the other wrote is shown; sent again, the form is about that version.
      return showEdit(request, reply, error.task, { typed: form.typed, errors: {}, version: error.task.version, theirs: error.task }, 409)
    }
    return answer(request, reply, backOf(request, task), { key: 'tasks.saved' }, true)
  })

  for (const [action, done] of [['done', true], ['reopen', false]] as const) {
    app.post<OfTask>(`/tasks/:task/${action}`, { config }, async (request, reply) => {
      const viewer = viewerOf(request)
      const task = await findOwnTask(db, viewer, idOf(request.params.task))
      const isChanged = await transaction(db, trx => setDone(trx, viewer, task.id, done))
      const back = backOf(request, task)
      if (!isChanged) {
        const now = await findTask(db, viewer, task.id)
        return answer(request, reply, back, { key: done ? 'tasks.done_already' : 'tasks.open_already', values: { name: now.done?.by ?? '' } })
      }
      return answer(request, reply, back, done ? { key: 'tasks.done', undo: undo(task, 'reopen', back) } : { key: 'tasks.reopened' })
    })
  }

  for (const [action, deleted] of [['delete', true], ['restore', false]] as const) {
    app.post<OfTask>(`/tasks/:task/${action}`, { config }, async (request, reply) => {
      const viewer = viewerOf(request)
      const task = await findOwnTask(db, viewer, idOf(request.params.task))
      await transaction(db, trx => setDeleted(trx, viewer, task.id, deleted))
      const back = backOf(request, task)
      return answer(request, reply, back, deleted ? { key: 'tasks.deleted', undo: undo(task, 'restore', back) } : { key: 'tasks.restored' }, true)
    })
  }

  app.post<OfTask>('/tasks/:task/noticed', { config }, async (request, reply) => {
    await putNoticeAway(db, viewerOf(request), idOf(request.params.task))
    if (!request.isFragment) return reply.redirect(safePath(String((request.body as Body | undefined)?.back ?? '/tasks')), 303)
    return reply.header('HX-Trigger', 'tasks').code(204).send()
  })

  const found = (request: FastifyRequest<OfCard>, subject: Subject) => CARDS[subject].find(db, viewerOf(request), idOf(request.params.id))

  async function showNew (reply: FastifyReply, card: ShownCard, form: { typed: object, errors: FieldErrors, token: unknown }, status: number) {
    return reply.page('tasks/new', { card, task: null, back: card.path, assignees: await listAssignees(db, card), ...form }, { fragment: 'tasks/_form', with: { slot: true }, status })
  }

  async function showEdit (request: FastifyRequest<OfTask>, reply: FastifyReply, task: Task, form: { typed: object, errors: FieldErrors, version: number | null, theirs?: Task }, status: number) {
    const assignees = await listAssignees(db, task.card, task.assignee.id)
    return reply.page('tasks/edit', { card: task.card, task, back: backOf(request, task), assignees, ...form }, { fragment: 'tasks/_form', with: { slot: true }, status })
  }

  /** Says what was done: on the page it leads back to, or in the one that asked, which then asks for what has changed; `close`: its form has done its work. */
  async function answer (request: FastifyRequest, reply: FastifyReply, back: string, flash: Flash, close = false) {
    if (!request.isFragment) return reply.flash(flash.key, flash.values, flash.undo).redirect(back, 303)
    reply.header('HX-Trigger', 'commented, tasks')
    return reply.page('', { flash, close }, { fragment: 'tasks/_answer' })
  }
}

// Where the form or button stood, as it says itself.
function backOf (request: FastifyRequest<OfTask>, task: Task): string {
  const said = (request.body as Body | undefined)?.back ?? request.query.back
  return typeof said === 'string' && /^\/(tasks|clients|leads)\b/.test(said) ? safePath(said) : task.card.path
}

const undo = (task: Task, action: string, back: string) => `/tasks/${task.id}/${action}?back=${encodeURIComponent(back)}`

async function assigneeError (save: () => Promise<unknown>): Promise<FieldErrors | undefined> {
  try {
    await save()
  } catch (error) {
    if (!(error instanceof NotTheirs)) throw error
    return { assignee: { key: 'tasks.assignee_gone' } }
  }
}
