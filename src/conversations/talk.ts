import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isDueBehind } from '../tasks/due/routes.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { stream } from '../web/live.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import type { ShowTalk, TalkPage } from './client.js'
import { readMark, type Conversation, type Mark } from './conversation.js'
import { callsTopic, listAssignees, newestOf, readStretch } from './queries.js'
import { draftOf, fillIn, readReply, send } from './replying/reply.js'

type At = { Params: { id: string }, Querystring: { before?: string, from?: string, after?: string, seen?: string } }

interface Place {
  /** Throws NotFound for one that isn't there or isn't the viewer's to see. */
  find: (viewer: Viewer, id: number | null) => Promise<Conversation>
  /** Answers with the whole page. */
  show: ShowTalk
}

/** A conversation at an address: read, heard live, and answered. */
export async function talkAt (app: FastifyInstance, url: string, { find, show }: Place): Promise<void> {
  const { db } = app
  const sees = { can: 'messages.view' } as const
  const talkOf = (request: FastifyRequest<any>) => find(viewerOf(request), idOf((request.params as At['Params']).id))

  app.get<At>(url, { config: sees }, async (request, reply) => {
    const talk = await talkOf(request)
    if (talk.path !== request.url.split('?', 1)[0]) return reply.redirect(talk.path, 303)
    const before = readMark(request.query.before)
    if (request.isFragment && before !== null) return reply.page('', { talk, stretch: await readStretch(db, viewerOf(request), talk, { before }) }, { fragment: 'conversations/_messages' })
    return show(request, reply, await read(request, talk, { before }), 200)
  })

  // What is new, and how the messages on the page stand now.
  app.get<At>(`${url}/now`, { config: { ...sees, quiet: true } }, async (request, reply) => {
    const talk = await talkOf(request)
    if (!request.isFragment) return reply.redirect(talk.path, 303)
    return reply.page('', { talk, stretch: await readStretch(db, viewerOf(request), talk, { from: readMark(request.query.from) ?? { message: 1, call: 1 } }) }, { fragment: 'conversations/_now' })
  })

  app.get<At>(`${url}/live`, { exposeHeadRoute: false, config: { ...sees, quiet: true } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const talk = await talkOf(request)
    const { id, client } = talk
    // Where nothing has been said yet, the client's feed tells of the first words.
    const topics = [id === null ? `client:${client!.id}` : `conversation:${id}`, `employee:${viewer.id}`, ...viewer.can('calls.view') ? await callsTopic(db, talk) : []]
    const isBehind = async () => id !== null && await newestOf(db, id) > Number(request.query.after) ? ['messages'] : []
    const behind = async () => [...await isBehind(), ...await isDueBehind(request)]
    stream(app, request, reply, { topics, behind, anew: ['messages', 'tasks'], allowed: () => stillSees(request) })
  })

  app.post<At>(url, { config: { can: 'messages.send' } }, async (request, reply) => {
    const talk = await talkOf(request)
    const typed = (request.body ?? {}) as Body
    if ('fill' in typed) {
      const filled = await fillIn(db, viewerOf(request), talk, typed)
      return request.isFragment ? reply.page('', { talk, reply: filled }, { fragment: 'conversations/_reply' }) : show(request, reply, { ...await read(request, talk), reply: filled }, 200)
    }
    const errors = await send(db, request, talk)
    if (!request.isFragment) return errors ? show(request, reply, await read(request, talk, { errors }), 422) : reply.redirect(talk.path, 303)
    if (errors) return reply.page('', { talk, reply: await readReply(db, viewerOf(request), talk, { typed, errors }) }, { fragment: 'conversations/_reply', status: 422 })
    const now = await talkOf(request)
    const [stretch, form] = await Promise.all([readStretch(db, viewerOf(request), now, { from: readMark(typed.from) }), readReply(db, viewerOf(request), now)])
    return reply.page('', { talk: now, stretch, reply: form }, { fragment: 'conversations/_sent' })
  })

  async function read (request: FastifyRequest<any>, talk: Conversation, { before = null, errors }: { before?: Mark | null, errors?: FieldErrors } = {}): Promise<TalkPage> {
    const viewer = viewerOf(request)
    const typed = errors && request.body as Body
    const [stretch, reply, assignees] = await Promise.all([
      readStretch(db, viewer, talk, { before }), readReply(db, viewer, talk, { typed, errors, draft: draftOf(request) }), viewer.can('messages.send') && talk.id !== null ? listAssignees(db, talk.client) : []
    ])
    return { talk, stretch, reply, assignees, isOlder: before !== null }
  }

  async function stillSees (request: FastifyRequest<any>): Promise<boolean> {
    const viewer = await request.readViewer()
    return viewer !== null && viewer.can('messages.view') && await find(viewer, idOf((request.params as At['Params']).id)).then(() => true, () => false)
  }
}
