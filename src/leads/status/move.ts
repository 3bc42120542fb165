import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { idOf, readOne, text, typedText, type Body, type FieldError } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { MovedMeanwhile, moveLead, MoveRefused } from '../moving.js'

/** Where a lead was to go, with what reason, and why it isn't there. */
export interface MoveTold { to: number | null, reason: string, error?: FieldError, moved?: MovedMeanwhile }

/** Moves a lead as a form asks (`to`, `from`, `reason`). Returns null when it is there, else what has to be said; `moved` when another was quicker. Throws NotFound. */
export async function moveAsked (db: Db, viewer: Viewer, id: number | null, body: Body): Promise<MoveTold | null> {
  const to = idOf(body.to)
  const { value: reason = '', error } = readOne(text(500), body.reason)
  try {
    if (error) throw new MoveRefused(error)
    await transaction(db, trx => moveLead(trx, viewer, id, { to, from: idOf(body.from), reason }))
    return null
  } catch (error) {
    if (error instanceof MovedMeanwhile) return { to, reason, moved: error }
    if (error instanceof MoveRefused) return { to, reason: typedText(body, 'reason'), error: error.error }
    throw error
  }
}
