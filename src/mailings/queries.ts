import type { Knex } from 'knex'
import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { enqueue } from '../jobs/enqueue.js'
import type { MessageChannel, MessageState } from '../messages/message.js'
import { wakeChannel } from '../messages/queue.js'
import { UNDO } from '../messages/taken-back.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { Mailing, MailingState, MailingValues, Recipient, Why } from './mailing.js'

declare module '../jobs/enqueue.js' {
  interface Jobs { 'mailings.run': { mailing: number } }
}


const COLUMNS = {
  id: 'g.id', employeeId: 'g.employee_id', employee: 'e.name', channels: 'g.channels', emailTemplateId: 'g.email_template_id', emailTemplate: 'x.name', textTemplateId: 'g.text_template_id', textTemplate: 'y.name', subject: 'g.subject', emailBody: 'g.email_body', textBody: 'g.text_body',
  perMinute: 'g.per_minute', dueAt: 'g.due_at', state: 'g.state', total: 'g.total', done: 'g.done', createdAt: 'g.created_at', finishedAt: 'g.finished_at'
}

const mailings = (db: Db) => db('mailings as g').join('employees as e', 'e.id', 'g.employee_id').leftJoin('templates as x', 'x.id', 'g.email_template_id').leftJoin('templates as y', 'y.id', 'g.text_template_id').select(COLUMNS) as Knex.QueryBuilder<any, Mailing[]>

/** Everybody's mailings, newest first. */
export const listMailings = (db: Db, before: number | null, limit: number): Promise<Mailing[]> =>
  mailings(db).modify((query: Knex.QueryBuilder) => { if (before !== null) query.where('g.id', '<', before) }).orderBy('g.id', 'desc').limit(limit) as unknown as Promise<Mailing[]>

/** One mailing. Throws NotFound. */
export async function findMailing (db: Db, id: number | null): Promise<Mailing> {
  const row = id === null ? undefined : await mailings(db).where('g.id', id).first()
  if (!row) throw new NotFound()
  return row as unknown as Mailing
}

/** Begins to write to the clients chosen, as they are at this moment. Returns the mailing's id, or null when there is nobody. */
export async function createMailing (trx: Db, by: Viewer, clients: Knex.QueryBuilder, values: MailingValues): Promise<number | null> {
  const dueAt = values.dueAt ?? new Date(Date.now() + UNDO)
  const [{ id }] = await trx('mailings').insert({
    employee_id: by.id, channels: values.channels, email_template_id: values.emailTemplateId, text_template_id: values.textTemplateId, subject: values.subject, email_body: values.emailBody, text_body: values.textBody,
    skips_empty: values.skipsEmpty, per_minute: values.perMinute, due_at: dueAt
  }).returning('id')
  await trx(trx.raw('mailing_recipients (mailing_id, client_id)')).insert(clients.clone().select(trx.raw('?::bigint', [id]), 'clients.id'))
  const [{ total }] = await trx('mailings').where({ id }).update({ total: trx('mailing_recipients').where({ mailing_id: id }).count() }).returning('total')
  if (total === 0) {
    await trx('mailings').where({ id }).delete()
    return null
  }
  await runMailing(trx, id, dueAt)
  return id
}

/** Lets a mailing go on, at once or at a time. */
export const runMailing = (trx: Db, id: number, runAt?: Date): Promise<void> => enqueue(trx, 'mailings.run', { mailing: id }, { queue: `mailings:${id}`, maxAttempts: 12, ...(runAt && { runAt }) })

/** Holds a mailing until the end of the transaction. Throws NotFound. */
async function lockMailing (trx: Db, id: number): Promise<{ state: MailingState, channels: MessageChannel[] }> {
  const row = await trx('mailings').where({ id }).forUpdate().first('state', 'channels')
  if (!row) throw new NotFound()
  return row
}

/** Pauses a mailing that goes on: also what is queued of it waits. Returns whether it went on. */
export async function pauseMailing (trx: Db, by: Viewer, id: number): Promise<boolean> {
  if ((await lockMailing(trx, id)).state !== 'running') return false
  await trx('mailings').where({ id }).update({ state: 'paused' })
  await turn(trx, by, id, ['due'], 'held')
  return true
}

/** Goes on with one that was paused, or failed. */
export async function resumeMailing (trx: Db, by: Viewer, id: number): Promise<boolean> {
  const { state, channels } = await lockMailing(trx, id)
  if (state !== 'paused' && state !== 'failed') return false
  await trx('mailings').where({ id }).update({ state: 'running', finished_at: null })
  await turn(trx, by, id, ['held'], 'due')
  for (const channel of channels) await wakeChannel(trx, channel)
  await runMailing(trx, id)
  return true
}

/** Stops a mailing for good: what hasn't left yet doesn't. */
export async function stopMailing (trx: Db, by: Viewer, id: number): Promise<boolean> {
  const { state } = await lockMailing(trx, id)
  if (state === 'stopped') return false
  const rows = await turn(trx, by, id, ['due', 'held'], 'canceled')
  if (state === 'done' && rows === 0) return false
  await trx('mailings').where({ id }).update({ state: 'stopped', finished_at: trx.fn.now() })
  return true
}

// Each message with its step in the ledger.
async function turn (trx: Db, by: Viewer, id: number, from: MessageState[], to: MessageState): Promise<number> {
  const { rows } = await trx.raw(`
    with turned as (update messages set state = :to, settled_at = now() where cause = 'many' and cause_id = :id and state = any (:from) returning id)
    insert into message_fates (message_id, state, details) select id, :to, jsonb_build_object('by', :by::bigint) from turned order by id returning id`, { id, from, to, by: by.id })
  return rows.length
}

const STATE = "coalesce(m.state, r.outcome, 'waiting')"

/** How many recipients are in each state: that of their message, or 'skipped', or 'waiting'; those skipped by the reason. */
export async function countStates (db: Db, id: number): Promise<{ state: string, why: Why | null, count: number }[]> {
  const { rows } = await db.raw(`select ${STATE} as state, r.why, count(*)::int as count from mailing_recipients r left join messages m on m.id = r.message_id where r.mailing_id = ? group by 1, 2 order by 3 desc, 1, 2`, [id])
  return rows
}

/** Recipients by their ids, those in a state alone where one is named. */
export async function listRecipients (db: Db, viewer: Viewer, id: number, { state, why, after }: { state: string | null, why: string | null, after: number | null }, limit: number): Promise<Recipient[]> {
  return db('mailing_recipients as r').leftJoin('messages as m', 'm.id', 'r.message_id').leftJoin(db('clients').modify(visibleTo(viewer)).select('id', 'name').as('c'), 'c.id', 'r.client_id')
    .where('r.mailing_id', id).modify((query: Knex.QueryBuilder) => {
      if (state) query.whereRaw(`${STATE} = ?`, [state])
      if (why) query.where('r.why', why)
      if (after !== null) query.where('r.client_id', '>', after)
    }).orderBy('r.client_id').limit(limit).select({ id: 'r.client_id', name: 'c.name', state: db.raw(STATE), why: 'r.why', messageId: 'r.message_id', channel: 'm.channel', problem: 'm.problem' }) as unknown as Promise<Recipient[]>
}
