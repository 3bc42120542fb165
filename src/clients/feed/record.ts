import type { Db } from '../../database/knex.js'
import type { Details, EventKind } from './event.js'

/** Who does it, as far as the trace cares. */
export interface Actor { id: number }

/**
 * Writes what happened to a client into its feed, in the transaction of the change itself. Everything but a comment makes a new version
 * of the client. `body` is what was written beside it. Returns the event's id.
 */
export async function recordEvent<K extends Exclude<EventKind, 'comment'>> (trx: Db, by: Actor, clientId: number, kind: K, details: Details[K], body: string | null = null): Promise<number> {
  const { rows: [row] } = await trx.raw(`
    with touched as (
      update clients set version = version + :step, active_at = now() where id = :client returning version
    )
    insert into events (client_id, kind, employee_id, version, details, body)
    select :client, :kind, :by, version, :details::jsonb, :body from touched returning id`,
  { client: clientId, kind, by: by.id, details: JSON.stringify(details), body, step: kind === 'client.created' ? 0 : 1 })
  return row.id
}
