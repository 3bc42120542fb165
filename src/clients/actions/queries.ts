import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { enqueue } from '../../jobs/enqueue.js'
import { ensureTag } from '../../tags/queries.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { Named } from '../client.js'
import { filtered } from '../list/queries.js'
import type { ClientFilter } from '../list/filter.js'
import { selectionOf } from '../selection/queries.js'
import { visibleTo } from '../visibility.js'
import { seesAllActions, type ActionDetails, type ActionKind, type ActionState, type Skipped } from './action.js'

/** Whom it is done to: the clients that are ticked, or all that a filter leaves. */
export type Whom = { of: 'selected' } | { of: 'matching', filter: ClientFilter }

/** Something that is or was done to many clients. */
export interface ClientAction {
  id: number
  kind: ActionKind
  details: ActionDetails
  employeeId: number
  employee: string
  createdAt: Date
  state: ActionState
  stopAsked: boolean
  finishedAt: Date | null
  total: number
  done: number
  changed: number
  /** Of one that takes another back: that other. */
  undoes: number | null
  /** The one that has taken, or is taking, this one back. */
  undoneBy: number | null
}

const COLUMNS = {
  id: 'a.id', kind: 'a.kind', details: 'a.details', employeeId: 'a.employee_id', employee: 'e.name', createdAt: 'a.created_at', state: 'a.state', finishedAt: 'a.finished_at', total: 'a.total', done: 'a.done', changed: 'a.changed', undoes: 'a.undoes'
}

const actions = (db: Db, viewer: Viewer) => db('client_actions as a').join('employees as e', 'e.id', 'a.employee_id')
  .modify((query: Knex.QueryBuilder) => { if (!seesAllActions(viewer)) query.where('a.employee_id', viewer.id) })
  .select(COLUMNS, db.raw('a.stop_asked_at is not null as "stopAsked"'), db.raw(`(select id from client_actions u where u.undoes = a.id and (u.state in ('waiting', 'running', 'done')) order by id desc limit 1) as "undoneBy"`))

/** One's own actions, or everybody's for those who may see them, newest first. */
export async function listActions (db: Db, viewer: Viewer, before: number | null, limit: number): Promise<ClientAction[]> {
  return actions(db, viewer).modify(query => { if (before !== null) query.where('a.id', '<', before) }).orderBy('a.id', 'desc').limit(limit)
}

/** Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findAction (db: Db, viewer: Viewer, id: number | null): Promise<ClientAction> {
  const action = id === null ? undefined : await actions(db, viewer).where('a.id', id).first()
  if (!action) throw new NotFound()
  return action
}

/** The same, held until the end of the transaction: its state stays what it is. */
export async function lockAction (trx: Db, viewer: Viewer, id: number | null): Promise<ClientAction> {
  if (id !== null) await trx('client_actions').where({ id }).forUpdate().first('id')
  return findAction(trx, viewer, id)
}

/** What is put on, taken off or set, as it is called now; null when it isn't on offer any more. Tags that aren't there are made. */
export async function findDetails (trx: Db, kind: ActionKind, { tagNames, tagIds, to }: { tagNames: string[], tagIds: number[], to: number | null }): Promise<ActionDetails | null> {
  if (kind === 'add_tags') {
    const tags: Named[] = []
    for (const name of tagNames.toSorted()) tags.push(await ensureTag(trx, name))
    return { tags: tags.map(({ id, name }) => ({ id, name })) }
  }
  if (kind === 'remove_tags') {
    const tags = await trx('tags').whereIn('id', tagIds).orderBy('name_key').select('id', 'name')
    return tags.length > 0 ? { tags } : null
  }
  if (kind !== 'set_campaign' && kind !== 'set_location') return {}
  if (to === null) return { to: null }
  const found = await trx(kind === 'set_campaign' ? 'campaigns' : 'locations').where({ id: to }).whereNull('retired_at').first('id', 'name')
  return found ? { to: found } : null
}

/** The clients that were chosen, and may be seen. */
export const chosen = (db: Db, viewer: Viewer, whom: Whom) => {
  const query = db('clients')
  return whom.of === 'matching' ? query.modify(filtered(viewer, whom.filter)) : query.modify(visibleTo(viewer)).whereIn('id', selectionOf(db, viewer))
}

/** How many clients that is now. */
export async function countChosen (db: Db, viewer: Viewer, whom: Whom): Promise<number> {
  return (await chosen(db, viewer, whom).count({ count: '*' }).first())!.count as number
}

/**
 * Begins to do something to the clients chosen, as they are at this moment. Returns the action's id; null when there is no client,
 * or another number of them than was expected.
 */
export async function createAction (trx: Db, by: Viewer, kind: ActionKind, details: ActionDetails, whom: Whom, expected?: number): Promise<number | null> {
  const [{ id }] = await trx('client_actions').insert({ kind, details: JSON.stringify(details), employee_id: by.id }).returning('id')
  return begin(trx, by, id, chosen(trx, by, whom).select(trx.raw('?::bigint', [id]), 'id'), expected)
}

/** Begins to take an action back, for the clients it changed. Returns the id of what does it, or null when there is nothing to take back. */
export async function createUndo (trx: Db, by: Viewer, action: ClientAction): Promise<number | null> {
  const [{ id }] = await trx('client_actions').insert({ kind: action.kind, details: JSON.stringify(action.details), employee_id: by.id, undoes: action.id }).returning('id')
  return begin(trx, by, id, trx('client_action_rows').where({ action_id: action.id, outcome: 'changed', undone: false }).select(trx.raw('?::bigint', [id]), 'client_id'))
}

async function begin (trx: Db, by: Viewer, id: number, rows: Knex.QueryBuilder, expected?: number): Promise<number | null> {
  await trx(trx.raw('client_action_rows (action_id, client_id)')).insert(rows)
  const [{ total }] = await trx('client_actions').where({ id }).update({ total: trx('client_action_rows').where({ action_id: id }).count() }).returning('total')
  if (total === 0 || (expected !== undefined && expected !== total)) {
    await trx('client_actions').where({ id }).delete()
    return null
  }
  await run(trx, by.id, id)
  return id
}

// What one person does goes on one after the other; what others do, beside it.
const run = (db: Db, employeeId: number, id: number) => enqueue(db, 'clients.act', { action: id }, { queue: `clients.act:${employeeId}`, maxAttempts: 8 })

/** Asks an action that goes on to stop. */
export async function askToStop (db: Db, id: number): Promise<void> {
  await db('client_actions').where({ id }).whereIn('state', ['waiting', 'running']).update({ stop_asked_at: db.fn.now() })
}

/** Goes on with an action that was stopped or failed, unless it has been taken back. Returns whether it does. */
export async function goOn (db: Db, id: number): Promise<boolean> {
  return db.transaction(async trx => {
    const [action] = await trx('client_actions').where({ id }).whereIn('state', ['stopped', 'failed']).whereNotExists(trx('client_actions as u').whereRaw('u.undoes = client_actions.id'))
      .update({ state: 'waiting', stop_asked_at: null, finished_at: null }).returning('employee_id')
    if (action) await run(trx, action.employee_id, id)
    return action !== undefined
  })
}

// Days for which an action can be taken back and tells of each of its clients.
const KEPT = 90

/** Whether it is known what became of each client. */
export const isKept = ({ finishedAt }: ClientAction): boolean => finishedAt === null || Date.now() - finishedAt.getTime() < (KEPT - 1) * 24 * 3600_000

/** Forgets the clients of actions that have long been over; that they were done stays known. */
export async function forgetOldRows (db: Db): Promise<void> {
  await db.raw(`delete from client_action_rows where action_id in (select id from client_actions where finished_at < now() - interval '${KEPT} days')`)
}

/** Why clients were skipped, and how many for each reason. */
export async function countSkipped (db: Db, id: number): Promise<{ why: Skipped, count: number }[]> {
  return db('client_action_rows').where({ action_id: id }).whereNotNull('why').groupBy('why').orderBy('why').select('why').count({ count: '*' }) as unknown as Promise<{ why: Skipped, count: number }[]>
}

/** A client of an action. `name` is null when it isn't there any more, or isn't the viewer's to see. */
export interface ActionRow { id: number, name: string | null, kind: string | null, why: Skipped | null }

/** Clients of an action in the order in which it came to them: those it skipped (for a reason), or those it changed. */
export async function listRows (db: Db, viewer: Viewer, id: number, { why, after }: { why: Skipped | null, after: number | null }, limit: number): Promise<ActionRow[]> {
  return db('client_action_rows as r').leftJoin(db('clients').modify(visibleTo(viewer)).as('c'), 'c.id', 'r.client_id')
    .where('r.action_id', id).modify(query => {
      if (why) query.where('r.why', why)
      else query.where('r.outcome', 'changed')
      if (after !== null) query.where('r.client_id', '>', after)
    }).orderBy('r.client_id').limit(limit).select({ id: 'r.client_id', name: 'c.name', why: 'r.why' })
}

/** The clients of an action, the first `limit` of them. */
export async function clientsOf (db: Db, id: number, limit: number): Promise<number[]> {
  return db('client_action_rows').where({ action_id: id }).orderBy('client_id').limit(limit).pluck('client_id')
}
