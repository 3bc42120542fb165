import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { enqueue } from '../../jobs/enqueue.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { Many, Whom } from '../many.js'
import { chosen } from '../selection/queries.js'
import { seesAllActions, type ActionDetails, type ActsOnMany, type ManyAction } from './action.js'

/** The actions of a noun, and the rows of each. */
export const actionsOf = ({ one }: Many) => `${one}_actions`
export const rowsOf = ({ one }: Many) => `${one}_action_rows`
export const rowOf = ({ one }: Many) => `${one}_id`

const COLUMNS = {
  id: 'a.id', kind: 'a.kind', details: 'a.details', employeeId: 'a.employee_id', employee: 'e.name', createdAt: 'a.created_at', state: 'a.state', finishedAt: 'a.finished_at', total: 'a.total', done: 'a.done', changed: 'a.changed', undoes: 'a.undoes'
}

const actions = (db: Db, many: Many, viewer: Viewer) => db(`${actionsOf(many)} as a`).join('employees as e', 'e.id', 'a.employee_id')
  .modify((query: Knex.QueryBuilder) => { if (!seesAllActions(viewer)) query.where('a.employee_id', viewer.id) })
  .select(COLUMNS, db.raw('a.stop_asked_at is not null as "stopAsked"'), db.raw(`(select id from ${actionsOf(many)} u where u.undoes = a.id and (u.state in ('waiting', 'running', 'done')) order by id desc limit 1) as "undoneBy"`))

/** One's own actions, or everybody's for those who may see them, newest first. */
export async function listActions (db: Db, many: Many, viewer: Viewer, before: number | null, limit: number): Promise<ManyAction[]> {
  return actions(db, many, viewer).modify(query => { if (before !== null) query.where('a.id', '<', before) }).orderBy('a.id', 'desc').limit(limit)
}

/** Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findAction (db: Db, many: Many, viewer: Viewer, id: number | null): Promise<ManyAction> {
  const action = id === null ? undefined : await actions(db, many, viewer).where('a.id', id).first()
  if (!action) throw new NotFound()
  return action
}

/** The same, held until the end of the transaction: its state stays what it is. */
export async function lockAction (trx: Db, many: Many, viewer: Viewer, id: number | null): Promise<ManyAction> {
  if (id !== null) await trx(actionsOf(many)).where({ id }).forUpdate().first('id')
  return findAction(trx, many, viewer, id)
}

/**
 * Begins to do something to the rows chosen, as they are at this moment. Returns the action's id; null when there is no row, or
 * another number of them than was expected.
 */
export async function createAction (trx: Db, many: ActsOnMany, by: Viewer, kind: string, details: ActionDetails, whom: Whom, expected?: number): Promise<number | null> {
  const [{ id }] = await trx(actionsOf(many)).insert({ kind, details: JSON.stringify(details), employee_id: by.id }).returning('id')
  return begin(trx, many, by, id, chosen(trx, many, by, whom).select(trx.raw('?::bigint', [id]), `${many.table}.id`), expected)
}

/** Begins to take an action back, for the rows it changed. Returns the id of what does it, or null when there is nothing to take back. */
export async function createUndo (trx: Db, many: ActsOnMany, by: Viewer, action: ManyAction): Promise<number | null> {
  const [{ id }] = await trx(actionsOf(many)).insert({ kind: action.kind, details: JSON.stringify(action.details), employee_id: by.id, undoes: action.id }).returning('id')
  return begin(trx, many, by, id, trx(rowsOf(many)).where({ action_id: action.id, outcome: 'changed', undone: false }).select(trx.raw('?::bigint', [id]), rowOf(many)))
}

async function begin (trx: Db, many: ActsOnMany, by: Viewer, id: number, rows: Knex.QueryBuilder, expected?: number): Promise<number | null> {
  await trx(trx.raw(`${rowsOf(many)} (action_id, ${rowOf(many)})`)).insert(rows)
  const [{ total }] = await trx(actionsOf(many)).where({ id }).update({ total: trx(rowsOf(many)).where({ action_id: id }).count() }).returning('total')
  if (total === 0 || (expected !== undefined && expected !== total)) {
    await trx(actionsOf(many)).where({ id }).delete()
    return null
  }
  await run(trx, many, by.id, id)
  return id
}

// What one person does goes on one after the other; what others do, beside it.
const run = (db: Db, { job }: ActsOnMany, employeeId: number, id: number) => enqueue(db, job, { action: id }, { queue: `${job}:${employeeId}`, maxAttempts: 8 })

/** Asks an action that goes on to stop. */
export async function askToStop (db: Db, many: Many, id: number): Promise<void> {
  await db(actionsOf(many)).where({ id }).whereIn('state', ['waiting', 'running']).update({ stop_asked_at: db.fn.now() })
}

/** Goes on with an action that was stopped or failed, unless it has been taken back. Returns whether it does. */
export async function goOn (db: Db, many: ActsOnMany, id: number): Promise<boolean> {
  const table = actionsOf(many)
  return db.transaction(async trx => {
    const [action] = await trx(table).where({ id }).whereIn('state', ['stopped', 'failed']).whereNotExists(trx(`${table} as u`).whereRaw(`u.undoes = ${table}.id`))
      .update({ state: 'waiting', stop_asked_at: null, finished_at: null }).returning('employee_id')
    if (action) await run(trx, many, action.employee_id, id)
    return action !== undefined
  })
}

// Days for which an action can be taken back and tells of each of its rows.
const KEPT = 90

/** Whether it is known what became of each row. */
export const isKept = ({ finishedAt }: ManyAction): boolean => finishedAt === null || Date.now() - finishedAt.getTime() < (KEPT - 1) * 24 * 3600_000

/** Forgets the rows of actions that have long been over; that they were done stays known. */
export async function forgetOldRows (db: Db, many: Many): Promise<void> {
  await db.raw(`delete from ${rowsOf(many)} where action_id in (select id from ${actionsOf(many)} where finished_at < now() - interval '${KEPT} days')`)
}

/** Why rows were skipped, and how many for each reason. */
export async function countSkipped (db: Db, many: Many, id: number): Promise<{ why: string, count: number }[]> {
  return db(rowsOf(many)).where({ action_id: id }).whereNotNull('why').groupBy('why').orderBy('why').select('why').count({ count: '*' }) as unknown as Promise<{ why: string, count: number }[]>
}

/** A row of an action. `name` is null when it isn't there any more, or isn't the viewer's to see. */
export interface ActionRow { id: number, name: string | null, why: string | null }

/** Rows of an action in the order in which it came to them: those it skipped (for a reason), or those it changed. */
export async function listRows (db: Db, many: Many, viewer: Viewer, id: number, { why, after }: { why: string | null, after: number | null }, limit: number): Promise<ActionRow[]> {
  const row = `r.${rowOf(many)}`
  return db(`${rowsOf(many)} as r`).leftJoin(db(many.table).modify(many.visible(viewer)).as('c'), 'c.id', row)
    .where('r.action_id', id).modify(query => {
      if (why) query.where('r.why', why)
      else query.where('r.outcome', 'changed')
      if (after !== null) query.where(row, '>', after)
    }).orderBy(row).limit(limit).select({ id: row, name: db.raw(many.name('c')), why: 'r.why' })
}

/** The rows of an action, the first `limit` of them. */
export async function rowsActedOn (db: Db, many: Many, id: number, limit: number): Promise<number[]> {
  return db(rowsOf(many)).where({ action_id: id }).orderBy(rowOf(many)).limit(limit).pluck(rowOf(many))
}
