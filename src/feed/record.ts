import type { Db } from '../database/knex.js'
import { VALUES, type Subject } from '../form-editor/definition.js'

/** Who does it, as far as the trace cares; null: nobody who works here. */
export interface Actor { id: number | null }

/**
 * Writes what happened to a client or a lead into its feed, in the transaction of the change itself. Everything but a comment makes a new
 * version of it; its making is the first. `body` is what was written beside it. Returns the entry's id.
 */
export async function record (trx: Db, by: Actor, { subject, id }: { subject: Subject, id: number }, kind: string, details: object, body: string | null = null): Promise<number> {
  const { owner, owners } = VALUES[subject]
  const { rows: [row] } = await trx.raw(`
    with touched as (
      update ${owners} set version = version + :step, active_at = now() where id = :id returning version
    )
    insert into events (${owner}, kind, employee_id, version, details, body)
    select :id, :kind, :by, version, :details::jsonb, :body from touched returning id`,
  { id, kind, by: by.id, details: JSON.stringify(details), body, step: kind.endsWith('.created') ? 0 : 1 })
  return row.id
}
