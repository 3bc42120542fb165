import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { findMailSettings } from '../../mail/queries.js'
import { signatureAfter, writeParts } from '../../messages/email/letter.js'
import type { MessageChannel } from '../../messages/message.js'
import { queueMessage } from '../../messages/queue.js'
import { smsParts, type SmsParts } from '../../messages/sms-parts.js'
import { onceSent, UNDO } from '../../messages/taken-back.js'
import { LONGEST } from '../../messages/texting/form.js'
import { markOf, putBefore } from '../../templates/putting.js'
import { listTemplatesFor, renderTemplate } from '../../templates/render.js'
import { TEMPLATE_CHANNELS } from '../../templates/template.js'
import { idOf, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import type { Conversation } from '../conversation.js'
import { MOST, readReplyForm } from './form.js'
import { answering, caughtChannels, findAnswered, listTargets, type Target } from './targets.js'


/** What the form of an answer shows. */
export interface Reply {
  targets: Target[]
  chosen: Target | null
  /** Channels of which the test mailbox catches what is sent. */
  caught: string[]
  /** Those its writer may begin with, of the channels that there are. */
  templates: { id: number, name: string, channel: MessageChannel }[]
  templateId: number | null
  /** What the template put there, to be told from what somebody wrote. */
  put: string
  subject: string
  text: string
  /** In how many parts it goes, where it may go by SMS. */
  parts: SmsParts | null
  errors: FieldErrors
  token: string
}

/** The empty form of an answer, or with what was typed, or with what somebody wrote and took back (`draft`, a message's id). */
export async function readReply (db: Db, viewer: Viewer, talk: Conversation, { typed = {}, errors = {}, draft = null }: { typed?: Body, errors?: FieldErrors, draft?: number | null } = {}): Promise<Reply | null> {
  // What was being written to somebody who was put away meanwhile stays.
  if (!viewer.can('messages.send') || (talk.client?.archived_at && typed.body === undefined)) return null
  const targets = await listTargets(db, viewer, talk)
  const [templates, caught, answered, taken] = await Promise.all([
    listTemplates(db, viewer, talk, targets), caughtChannels(db), findAnswered(db, talk.id),
    draft === null || talk.id === null ? undefined : db('messages').where({ id: draft, conversation_id: talk.id, employee_id: viewer.id, state: 'canceled' }).first('channel', 'phone_id', 'email_id', 'subject', 'body_text as text')
  ])
  const back = taken && (talk.client ? `${taken.channel}:${taken.phone_id ?? taken.email_id}` : taken.channel)
  const chosen = targets.find(({ key }) => key === (typed.to ?? back)) ?? targets[0] ?? null
  const subject = String(typed.subject ?? taken?.subject ?? answering(answered?.subject ?? ''))
  const text = String(typed.body ?? (taken ? await typedOf(db, taken) : ''))
  return { targets, chosen, caught, templates, templateId: idOf(typed.template_id), put: String(typed.put ?? ''), subject, text, parts: partsOf(targets, text), errors, token: String(typed.token ?? randomUUID()) }
}

const partsOf = (targets: readonly Target[], text: string): SmsParts | null => targets.some(({ channel }) => channel === 'sms') ? smsParts(text.replace(/\r\n?/g, '\n').trim()) : null

/** What somebody wrote of a message, without what is put under it. */
async function typedOf (db: Db, { channel, text }: { channel: MessageChannel, text: string }): Promise<string> {
  if (channel !== 'email') return text
  const under = signatureAfter((await findMailSettings(db)).signature)
  return under && text.endsWith(under) ? text.slice(0, -under.length) : text
}

async function listTemplates (db: Db, viewer: Viewer, { client }: Conversation, targets: readonly Target[]): Promise<Reply['templates']> {
  if (!client) return []
  const channels = TEMPLATE_CHANNELS.filter(channel => targets.some(target => target.channel === channel))
  const lists = await Promise.all(channels.map(async channel => (await listTemplatesFor(db, viewer, channel)).map(({ id, name }) => ({ id, name, channel }))))
  return lists.flat()
}

/** The form with a template filled in for the client, whose channel it has then; as it was typed where no template is chosen. */
export async function fillIn (db: Db, viewer: Viewer, talk: Conversation, typed: Body): Promise<Reply | null> {
  const reply = await readReply(db, viewer, talk, { typed })
  const template = reply?.templates.find(({ id }) => id === idOf(typed.template))
  if (!reply || !template) return reply
  const { subject, source } = await renderTemplate(db, { templateId: template.id, clientId: talk.client!.id, employeeId: viewer.id, reader: viewer })
  const chosen = reply.chosen?.channel === template.channel ? reply.chosen : reply.targets.find(({ channel }) => channel === template.channel)!
  const text = putBefore(source, reply.text, reply.put)
  return { ...reply, chosen, text, parts: partsOf(reply.targets, text), put: markOf(source), subject: subject || reply.subject, templateId: template.id }
}

/** Queues what was typed as an answer. Returns what is wrong with it, or null when all is well. */
export async function send (db: Db, request: FastifyRequest, talk: Conversation): Promise<FieldErrors | null> {
  const viewer = viewerOf(request)
  const form = readReplyForm(request.body)
  if (form.errors) return form.errors
  const { values } = form
  if (talk.client?.archived_at) return { to: { key: 'messages.client_archived' } }
  const target = (await listTargets(db, viewer, talk)).find(({ key }) => key === values.to)
  if (!target) return { to: { key: 'talk.not_agreed' } }
  if (target.channel === 'email' && values.subject === '') return { subject: { key: 'talk.no_subject' } }
  const isEmail = target.channel === 'email'
  const max = target.channel === 'email' ? MOST : LONGEST[target.channel]
  if (values.body.length > max) return { body: { key: 'form.too_long', values: { length: values.body.length, max } } }
  const answered = isEmail ? await findAnswered(db, talk.id) : null
  const parts = isEmail ? writeParts(values.body, (await findMailSettings(db)).signature) : { text: values.body }
  const templateId = await isTemplate(db, idOf(form.typed.template_id))
  await transaction(db, trx => onceSent(trx, form.typed.token, viewer.id, async () => {
    const id = await queueMessage(trx, viewer, {
      channel: target.channel, to: target.to, ...parts, cause: 'hand', dueAt: new Date(Date.now() + UNDO),
      ...(talk.client ? { clientId: talk.client.id } : { conversationId: talk.id! }),
      ...(isEmail && { subject: values.subject }), ...(templateId && { templateId }), ...(answered?.messageId && { inReplyTo: answered.messageId, references: answered.references })
    })
    await trx('conversations').whereIn('id', trx('messages').where({ id }).select('conversation_id')).where('unread', '>', 0).update({ unread: 0 })
    return id
  }))
  return null
}

const isTemplate = async (db: Db, id: number | null): Promise<number | null> => id !== null && await db('templates').where({ id }).first('id') ? id : null

/** The message that somebody took back and goes on with. */
export const draftOf = (request: FastifyRequest): number | null => idOf((request.query as Body).draft)
