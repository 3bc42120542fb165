import type { Db } from '../../../database/knex.js'
import { isToken } from '../../../database/once.js'
import type { Body } from '../../../web/form.js'

/** What somebody is writing to a client, and the message that was made of it. */
export interface Draft { token: string, typed: Body, message_id: number | null }

/** Keeps what is being written. What a message was made of already stays as it is. */
export async function saveDraft (trx: Db, by: { id: number }, clientId: number, token: string, typed: Body, messageId: number | null = null): Promise<void> {
  await trx.raw(`
    insert into letter_drafts (token, client_id, employee_id, message_id, typed) values (:token, :clientId, :by, :messageId, :typed)
    on conflict (token) do update set typed = excluded.typed, message_id = excluded.message_id, saved_at = now()
      where letter_drafts.message_id is null and letter_drafts.employee_id = excluded.employee_id and letter_drafts.client_id = excluded.client_id`,
  { token, clientId, by: by.id, messageId, typed: JSON.stringify(typed) })
}

/** What this person was writing to a client; undefined when it is gone, or somebody else's. */
export async function findDraft (db: Db, by: { id: number }, clientId: number, token: unknown): Promise<Draft | undefined> {
  return isToken(token) ? db('letter_drafts').where({ token, client_id: clientId, employee_id: by.id }).first('token', 'typed', 'message_id') : undefined
}

/** Where the writer of a message goes on with it; undefined when it is somebody else's or wasn't written in the composer. */
export async function findDraftOf (db: Db, by: { id: number }, messageId: number): Promise<{ token: string, client_id: number } | undefined> {
  return db('letter_drafts').where({ message_id: messageId, employee_id: by.id }).first('token', 'client_id')
}

/** Forgets what nobody goes on with: a letter that has left is kept as a message. */
export async function forgetOldDrafts (db: Db): Promise<void> {
  await db.raw("delete from letter_drafts where saved_at < now() - interval '2 days'")
}
