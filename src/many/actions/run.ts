import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { findActor } from '../../web/session-store.js'
import type { Viewer } from '../../web/viewer.js'
import { kindOf, mayAct, type ActionState, type ActsOnMany, type Doing, type Prepared } from './action.js'
import { actionsOf, rowOf, rowsOf } from './queries.js'

// Rows changed in one transaction: few enough that nobody who saves one of them waits for long.
const BATCH = 1000

/**
 * Does an action, batch by batch, from where it is: after a kill it goes on there, and does nothing twice. Ends when it is done or
 * somebody asked it to stop; throws the signal's reason when the program stops.
 */
export async function runAction (db: Db, many: ActsOnMany, id: number, signal: AbortSignal): Promise<void> {
  let last: number | null = 0
  while ((last = await transaction(db, trx => runBatch(trx, many, id, last!))) !== null) signal.throwIfAborted()
}

/** Says that an action could not be done: it was tried often enough. */
export async function giveUp (db: Db, many: ActsOnMany, id: number): Promise<void> {
  await db.transaction(async trx => {
    const [action] = await trx(actionsOf(many)).where({ id }).whereIn('state', ['waiting', 'running']).update({ state: 'failed', finished_at: trx.fn.now() }).returning('*')
    if (action) await many.ended?.(trx, action)
  })
}

/** Does the batch that follows the row `last` (all up to it are done). Returns its last one, or null when that was all. */
async function runBatch (trx: Db, many: ActsOnMany, id: number, last: number): Promise<number | null> {
  const [actions, row] = [actionsOf(many), rowOf(many)]
  const action: Doing | undefined = await trx(actions).where({ id }).forUpdate().first()
  if (!action || (action.state !== 'waiting' && action.state !== 'running')) return null
  const end = async (state: ActionState) => {
    await trx(actions).where({ id }).update({ state, finished_at: trx.fn.now() })
    await many.ended?.(trx, action)
    return null
  }
  if (action.stop_asked_at) return end('stopped')
  const batch: number[] = await trx(rowsOf(many)).where({ action_id: id }).whereNull('outcome').where(row, '>', last).orderBy(row).limit(BATCH).pluck(row)
  if (batch.length === 0) return end('done')

  // Read anew each time: whoever loses the right in the middle has done it to no other row.
  const by = await findActor(trx, action.employee_id)
  const changed = by && mayAct(by, kindOf(many, action.kind)) ? await change(trx, many, by, action, batch) : await skipAll(trx, many, id, batch)
  await trx(actions).where({ id }).update({ state: 'running', started_at: trx.raw('coalesce(started_at, now())'), done: action.done + batch.length, changed: trx.raw('changed + ?', [changed]) })
  return batch.at(-1)!
}

/** Changes a batch of rows, each with its entry in the feed, and writes down what became of each. Returns how many were changed. */
async function change (trx: Db, many: ActsOnMany, by: Viewer, action: Doing, batch: number[]): Promise<number> {
  const here: number[] = await trx(many.table).whereRaw(`${many.table}.id = any (?)`, [batch]).modify(many.visible(by)).orderBy('id').forNoKeyUpdate().pluck('id')
  const kind = kindOf(many, action.kind)
  if (kind.forGood) return kind.forGood(trx, by, action, { batch, here })
  const prepared = await kind.prepare?.(trx, by, action, here) ?? {}
  const changed = await step(trx, many, by, action, batch, here, prepared)
  if (changed.length > 0) await kind.settle?.(trx, by, changed)
  return changed.length
}

async function step (trx: Db, many: ActsOnMany, by: Viewer, action: Doing, batch: number[], there: number[], { refused = [], bindings = {} }: Prepared): Promise<number[]> {
  const { table, touches } = many
  const [rows, row] = [rowsOf(many), rowOf(many)]
  const kind = kindOf(many, action.kind)
  const { mine, set, told, also } = (action.undoes ? kind.back : kind.apply)!
  const kept = new Set(refused.map(({ id }) => id))
  const { rows: [{ changed }] } = await trx.raw(`
    with ${mine},
    touched as (update ${table} set ${['version = version + 1', touches, set].filter(Boolean).join(', ')} from mine where ${table}.id = mine.row_id returning ${table}.id, ${table}.version),
    told as (${told}),
    entries as (
      insert into events (${row}, kind, employee_id, version, details)
      select row_id, kind, :by, version, details || jsonb_build_object('action', jsonb_build_object('id', :action::bigint, 'count', :total::int)) from told join touched on touched.id = row_id order by row_id
    ),
    ${also ? `${also},` : ''}
    ${action.undoes ? `undone as (update ${rows} r set undone = true from mine where r.action_id = :undoes and r.${row} = any (:here) and r.${row} = mine.row_id),` : ''}
    settled as (
      update ${rows} r set
        outcome = case when mine.row_id is null then 'skipped' else 'changed' end,
        why = case when mine.row_id is not null then null when refused.why is not null then refused.why when not one.id = any (:here) then 'gone' else :unless end,
        kept = mine.kept
      from unnest(:batch::bigint[]) one (id) left join mine on mine.row_id = one.id left join unnest(:refused::bigint[], :whys::text[]) refused (id, why) on refused.id = one.id
      where r.action_id = :action and r.${row} = any (:batch) and r.${row} = one.id -- any(): or all the action's rows would be read each time
      returning r.outcome, r.${row} as row_id
    )
    select coalesce(array_agg(row_id) filter (where outcome = 'changed'), '{}')::float8[] as changed from settled`,
  {
    ...bindings, action: action.id, undoes: action.undoes, total: action.total, by: by.id, batch, here: there.filter(id => !kept.has(id)),
    refused: refused.map(({ id }) => id), whys: refused.map(({ why }) => why), unless: action.undoes ? 'changed_since' : 'unchanged'
  })
  return changed
}

async function skipAll (trx: Db, many: ActsOnMany, id: number, batch: number[]): Promise<number> {
  await trx(rowsOf(many)).where({ action_id: id }).whereRaw(`${rowOf(many)} = any (?)`, [batch]).update({ outcome: 'skipped', why: 'no_right' })
  return 0
}
