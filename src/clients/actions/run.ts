import { changesBetween, recordAudit } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { findActor } from '../../web/session-store.js'
import type { Viewer } from '../../web/viewer.js'
import { eraseClients } from '../erasing/erase.js'
import { visibleTo } from '../visibility.js'
import { isUndoable, mayAct, type ActionDetails, type ActionKind, type ActionState } from './action.js'
import { APPLY, TAKE_BACK } from './apply.js'

// Clients changed in one transaction: few enough that nobody who saves one of them waits for long.
const BATCH = 1000

interface Row { id: number, kind: ActionKind, details: ActionDetails, employee_id: number, undoes: number | null, total: number, done: number, changed: number, stop_asked_at: Date | null, state: ActionState }

/**
 * Does an action, batch by batch, from where it is: after a kill it goes on there, and does nothing twice. Ends when it is done or
 * somebody asked it to stop; throws the signal's reason when the program stops.
 */
export async function runAction (db: Db, id: number, signal: AbortSignal): Promise<void> {
  let last: number | null = 0
  while ((last = await transaction(db, trx => runBatch(trx, id, last!))) !== null) signal.throwIfAborted()
}

/** Says that an action could not be done: it was tried often enough. */
export async function giveUp (db: Db, id: number): Promise<void> {
  await db.transaction(async trx => {
    const [action] = await trx('client_actions').where({ id }).whereIn('state', ['waiting', 'running']).update({ state: 'failed', finished_at: trx.fn.now() }).returning('*')
    if (action) await tellOfErased(trx, action)
  })
}

/** Does the batch that follows the client `last` (all up to it are done). Returns its last one, or null when that was all. */
async function runBatch (trx: Db, id: number, last: number): Promise<number | null> {
  const action: Row | undefined = await trx('client_actions').where({ id }).forUpdate().first()
  if (!action || (action.state !== 'waiting' && action.state !== 'running')) return null
  const end = async (state: ActionState) => {
    await trx('client_actions').where({ id }).update({ state, finished_at: trx.fn.now() })
    await tellOfErased(trx, action)
    return null
  }
  if (action.stop_asked_at) return end('stopped')
  const batch: number[] = await trx('client_action_rows').where({ action_id: id }).whereNull('outcome').where('client_id', '>', last).orderBy('client_id').limit(BATCH).pluck('client_id')
  if (batch.length === 0) return end('done')

  // Read anew each time: whoever loses the right in the middle has done it to no other client.
  const by = await findActor(trx, action.employee_id)
  const changed = by && mayAct(by, action.kind) ? await change(trx, by, action, batch) : await skipAll(trx, id, batch)
  await trx('client_actions').where({ id }).update({ state: 'running', started_at: trx.raw('coalesce(started_at, now())'), done: action.done + batch.length, changed: trx.raw('changed + ?', [changed]) })
  return batch.at(-1)!
}

/** Changes a batch of clients, each with its entry in the feed, and writes down what became of each. Returns how many were changed. */
async function change (trx: Db, by: Viewer, action: Row, batch: number[]): Promise<number> {
  const here: number[] = await trx('clients').whereRaw('id = any (?)', [batch]).modify(visibleTo(by)).orderBy('id').forNoKeyUpdate().pluck('id')
  const { kind } = action
  if (!isUndoable(kind)) return erase(trx, by, action.id, batch, here)
  const { mine, set, told } = (action.undoes ? TAKE_BACK : APPLY)[kind]
  const { rows: [{ changed }] } = await trx.raw(`
    with ${mine},
    touched as (update clients set version = version + 1 ${set ? `, ${set}` : ''} from mine where clients.id = mine.client_id returning clients.id, clients.version),
    told as (${told}),
    entries as (
      insert into events (client_id, kind, employee_id, version, details)
      select client_id, kind, :by, version, details || jsonb_build_object('action', jsonb_build_object('id', :action::bigint, 'count', :total::int)) from told join touched on touched.id = client_id order by client_id
    ),
    ${action.undoes ? 'undone as (update client_action_rows r set undone = true from mine where r.action_id = :undoes and r.client_id = any (:here) and r.client_id = mine.client_id),' : ''}
    settled as (
      update client_action_rows r set
        outcome = case when mine.client_id is null then 'skipped' else 'changed' end,
        why = case when mine.client_id is not null then null when not client.id = any (:here) then 'gone' else :unless end,
        kept = mine.kept
      from unnest(:batch::bigint[]) client (id) left join mine on mine.client_id = client.id
      where r.action_id = :action and r.client_id = any (:batch) and r.client_id = client.id -- any(): or all the action's rows would be read each time
      returning r.outcome
    )
    select count(*) filter (where outcome = 'changed') as changed from settled`,
  {
    action: action.id, undoes: action.undoes, total: action.total, by: by.id, batch, here,
    tags: action.details.tags?.map(({ id }) => id) ?? [], to: action.details.to?.id ?? null, unless: action.undoes ? 'changed_since' : 'unchanged'
  })
  return changed
}

async function erase (trx: Db, by: Viewer, id: number, batch: number[], here: number[]): Promise<number> {
  await eraseClients(trx, by, here, 'deleted')
  await trx.raw("update client_action_rows set outcome = case when client_id = any (:here) then 'changed' else 'skipped' end, why = case when client_id = any (:here) then null else 'gone' end where action_id = :id and client_id = any (:batch)", { id, batch, here })
  return here.length
}

/** An action that deletes for good leaves nothing of its clients to tell of it: the audit log says how many they were. */
async function tellOfErased (trx: Db, { id, kind, changed, details, employee_id: by }: Row): Promise<void> {
  const told = details.told ?? 0
  if (kind !== 'erase' || changed === told) return
  await recordAudit(trx, { id: by }, 'clients.erased', { changes: changesBetween({}, { clients: changed - told }) })
  await trx('client_actions').where({ id }).update({ details: JSON.stringify({ ...details, told: changed }) })
}

async function skipAll (trx: Db, id: number, batch: number[]): Promise<number> {
  await trx('client_action_rows').where({ action_id: id }).whereRaw('client_id = any (?)', [batch]).update({ outcome: 'skipped', why: 'no_right' })
  return 0
}
