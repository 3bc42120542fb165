import type { Db } from '../database/knex.js'
import type { Viewer } from '../web/viewer.js'

const ongoing = (db: Db, viewer: Viewer, id: number | null) => db('calls').where({ id: id ?? 0 }).where(some => {
  some.where({ direction: 'out', employee_id: viewer.id })
  if (viewer.can('calls.view')) some.orWhere({ direction: 'in' })
})

/** Puts the card of a call away, for one person on all their pages. Returns whether there is such a call. */
export async function dismissCall (db: Db, viewer: Viewer, id: number | null): Promise<boolean> {
  return await ongoing(db, viewer, id).update({ dismissed_by: db.raw('array(select distinct unnest(dismissed_by || ?::bigint))', [viewer.id]) }) > 0
}

/** Notes that somebody is taking a call that rings, unless somebody else is already: telephones don't all tell. Returns whether there is such a call. */
export async function noteAnswering (db: Db, viewer: Viewer, id: number | null): Promise<boolean> {
  await ongoing(db, viewer, id).where({ direction: 'in', employee_id: null, ended_at: null }).update({ employee_id: viewer.id })
  return Boolean(await ongoing(db, viewer, id).where({ direction: 'in' }).first('id'))
}

/** Ends calls whose end nobody told of: the PBX was gone, or a message of it. */
export async function endForgotten (db: Db): Promise<void> {
  await db.raw(`
    update calls set ended_at = now(), why = 'never_ended', state = case when answered_at is not null then 'ended' else 'missed' end
    where ended_at is null and started_at < now() - case when state = 'answered' then interval '12 hours' else interval '1 hour' end`)
}
