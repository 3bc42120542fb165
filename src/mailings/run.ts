import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import { findMailSettings } from '../mail/queries.js'
import type { MessageChannel } from '../messages/message.js'
import { queueMessages, type NewMessage } from '../messages/queue.js'
import type { Rendered } from '../templates/render.js'
import { readContext } from '../templates/values.js'
import { findActor } from '../web/session-store.js'
import type { Viewer } from '../web/viewer.js'
import type { MailingState, Why } from './mailing.js'
import { templateOf, writtenTo } from './preview.js'
import { runMailing } from './queries.js'
import { REACHING } from './reach.js'

// Recipients queued in one transaction: few enough that whoever pauses waits for no more than a moment.
const CHUNK = 100

interface Running { id: number, employee_id: number, channels: MessageChannel[], email_template_id: number | null, text_template_id: number | null, subject: string, email_body: string, text_body: string, skips_empty: boolean, per_minute: number | null, due_at: Date, state: MailingState, done: number }

/** How a recipient is reached, or why not. */
interface Reached { client_id: number, channel: MessageChannel | null, phone_id: number | null, email_id: number | null, address: string | null, why: Why | null }

type Settled = Reached & { message?: NewMessage, messageId?: number }

/** Queues the messages of a mailing, chunk by chunk, as fast as it may go. After a kill it goes on where it was; each recipient is settled with their message, or not at all. */
export async function runChunks (db: Db, id: number, signal: AbortSignal): Promise<void> {
  let goesOn = true
  while (goesOn) {
    goesOn = await transaction(db, trx => runChunk(db, trx, id))
    signal.throwIfAborted()
  }
}

/** Says that a mailing could not go on: it was tried often enough. */
export async function giveUp (db: Db, id: number): Promise<void> {
  await db('mailings').where({ id, state: 'running' }).update({ state: 'failed', finished_at: db.fn.now() })
}

/** Queues the next chunk. Returns whether there is more to do now. */
async function runChunk (db: Db, trx: Db, id: number): Promise<boolean> {
  const mailing: Running | undefined = await trx('mailings').where({ id }).forUpdate().first()
  if (mailing?.state !== 'running') return false
  if (mailing.due_at.getTime() > Date.now()) { await runMailing(trx, id, mailing.due_at); return false }
  const { room, at } = mailing.per_minute === null ? { room: CHUNK, at: null } : await roomOf(trx, id, mailing.per_minute)
  if (room <= 0) { await runMailing(trx, id, at!); return false }
  const batch: number[] = await trx('mailing_recipients').where({ mailing_id: id }).whereNull('outcome').orderBy('client_id').limit(Math.min(CHUNK, room)).pluck('client_id')
  if (batch.length === 0) {
    await trx('mailings').where({ id }).update({ state: 'done', finished_at: trx.fn.now() })
    return false
  }
  // Read anew each time: whoever loses the right in the middle writes to nobody else.
  const by = await findActor(trx, mailing.employee_id)
  if (!by?.can('messages.send_many') || !by.can('messages.send')) {
    await trx('mailings').where({ id }).update({ state: 'failed', finished_at: trx.fn.now() })
    return false
  }
  await settle(trx, id, await queueAll(trx, by, mailing, await written(db, by, mailing, await reachedOf(trx, by, mailing, batch))), batch)
  await trx('mailings').where({ id }).update({ done: mailing.done + batch.length })
  return true
}

/** How many more may be queued in the minute that ends now, and when the next may if none. */
async function roomOf (trx: Db, id: number, perMinute: number): Promise<{ room: number, at: Date }> {
  const { rows: [{ count, first }] } = await trx.raw("select count(*)::int as count, min(queued_at) as first from mailing_recipients where mailing_id = ? and queued_at > now() - interval '1 minute'", [id])
  return { room: perMinute - count, at: new Date((first ?? new Date()).getTime() + 60_000) }
}

async function reachedOf (trx: Db, by: Viewer, { id, channels }: Running, batch: number[]): Promise<Reached[]> {
  const here: number[] = await trx('clients').whereRaw('clients.id = any (?)', [batch]).whereNull('archived_at').modify(visibleTo(by)).pluck('id')
  const { rows } = await trx.raw(`
    with chosen as (select unnest(:here::bigint[]) as id), ${REACHING}
    select client_id, channel, phone_id, email_id, address, case when why is null and exists (select from mailing_recipients o where o.mailing_id = :id and o.address = reached.address) then 'same_address' else why end as why from reached`,
  { here, channels, id })
  const found = new Map((rows as Reached[]).map(row => [row.client_id, row]))
  return batch.map(client => found.get(client) ?? { client_id: client, channel: null, phone_id: null, email_id: null, address: null, why: 'gone' })
}

/** What each of them is written: their template in their language, or own words, with what the variables say of them. */
async function written (db: Db, by: Viewer, mailing: Running, reached: Reached[]): Promise<Settled[]> {
  const words = { emailTemplateId: mailing.email_template_id, textTemplateId: mailing.text_template_id, subject: mailing.subject, emailBody: mailing.email_body, textBody: mailing.text_body }
  const [email, text, { signature }] = [await templateOf(db, by, words, true), await templateOf(db, by, words, false), await findMailSettings(db)]
  const settled: Settled[] = []
  for (const one of reached) {
    if (one.why !== null) { settled.push(one); continue }
    const isEmail = one.channel === 'email', templateId = isEmail ? words.emailTemplateId : words.textTemplateId
    const made = writtenTo(isEmail ? email : text, await readContext(db, { clientId: one.client_id, employeeId: by.id }), signature)
    const why = whyNot(made, mailing)
    settled.push(why ? { ...one, why } : {
      ...one,
      message: {
        channel: one.channel!, clientId: one.client_id, to: isEmail ? { emailId: one.email_id! } : { phoneId: one.phone_id! }, text: made.text, cause: 'many', causeId: mailing.id,
        ...(isEmail && { subject: made.subject, html: made.html ?? undefined }), ...(templateId !== null && { templateId })
      }
    })
  }
  return settled
}

const whyNot = ({ text, empty }: Rendered, { skips_empty: skips }: Running): Why | null => text.trim() === '' ? 'empty_text' : skips && empty.length > 0 ? 'empty_variable' : null

/** Queues the messages all at once; where one can't be, each by itself, so that the others go on. */
async function queueAll (trx: Db, by: Viewer, { id }: Running, settled: Settled[]): Promise<Settled[]> {
  const messages = settled.filter(one => one.message)
  try {
    return await trx.transaction(inner => queue(inner, by, settled, messages))
  } catch {
    const out: Settled[] = settled.filter(one => !one.message)
    for (const one of messages) {
      try {
        out.push(...await trx.transaction(inner => queue(inner, by, [one], [one])))
      } catch {
        out.push({ ...one, message: undefined, why: 'error' })
      }
    }
    return out.length === settled.length ? out : Promise.reject(new Error(`mailing ${id} lost recipients`))
  }
}

async function queue (trx: Db, by: Viewer, settled: Settled[], messages: Settled[]): Promise<Settled[]> {
  const ids = await queueMessages(trx, by, messages.map(({ message }) => message!))
  // Whose client is gone by now is left out there: whose message is whose is asked of what was written.
  const rows = ids.length === 0 ? [] : await trx('messages').whereRaw('id = any (?)', [ids]).select('id', 'client_id')
  const of = new Map(rows.map(row => [row.client_id, row.id]))
  return settled.map(one => !one.message ? one : of.has(one.client_id) ? { ...one, messageId: of.get(one.client_id) } : { ...one, why: 'gone' as const })
}

async function settle (trx: Db, id: number, settled: Settled[], batch: number[]): Promise<void> {
  const rows = settled.map(({ client_id: client, messageId, address, why }) => ({ client, message: messageId ?? null, address: messageId ? address : null, why: messageId ? null : why ?? 'error' }))
  await trx.raw(`
    update mailing_recipients r set outcome = case when s.message is null then 'skipped' else 'queued' end, why = s.why, message_id = s.message, address = s.address, queued_at = case when s.message is not null then now() end
    from json_to_recordset(:rows) as s (client bigint, message bigint, address text, why text) where r.mailing_id = :id and r.client_id = any (:batch) and r.client_id = s.client`, { rows: JSON.stringify(rows), id, batch })
}
