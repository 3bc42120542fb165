import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Conversation, Stretch } from './conversation.js'
import { conversationWith } from './queries.js'
import type { Reply } from './replying/reply.js'
import { talkAt } from './talk.js'

/** What a page with a conversation shows of it. */
export interface TalkPage {
  talk: Conversation
  stretch: Stretch
  reply: Reply | null
  assignees: { id: number, name: string }[]
  /** Not the newest messages, but older ones. */
  isOlder: boolean
}

export type ShowTalk = (request: FastifyRequest<any>, reply: FastifyReply, page: TalkPage, status: number) => Promise<FastifyReply>

/** The conversation on a client's card, beside the feed. */
export default async function conversation (app: FastifyInstance, { show }: { show: ShowTalk }) {
  await talkAt(app, '/clients/:id/conversation', { find: (viewer, id) => conversationWith(app.db, viewer, id), show })
}
