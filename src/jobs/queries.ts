import type { ClientBase, Pool } from 'pg'
import { PREPARED, prepared, type Db } from '../database/knex.js'

// The first of the two numbers of each worker's advisory lock; the second is made of its id.
const ALIVE = 724_392

const IS_GONE = `
  not exists (select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
    and classid = ${ALIVE} and objsubid = 2 and objid = hashtext(locked_by)::bit(32)::bigint::oid)`

/** Shows that workers live for as long as this connection does. */
export async function holdAlive (connection: ClientBase, workerIds: string[]): Promise<void> {
  await connection.query('select pg_advisory_lock_shared($1, hashtext(id)) from unnest($2::text[]) id', [ALIVE, workerIds])
}

/** The workers that have taken a job or a queue and don't show that they live. */
export async function findLost (pool: Pool): Promise<string[]> {
  const { rows } = await pool.query(`
    select distinct locked_by as id from (
      select locked_by from graphile_worker._private_jobs where locked_at is not null
      union all select locked_by from graphile_worker._private_job_queues where locked_at is not null
    ) taken where ${IS_GONE}`)
  return rows.map(({ id }) => id)
}

/** Gives what some workers had taken to the others, unless they show that they live after all. */
export async function freeLost (pool: Pool, workerIds: string[]): Promise<void> {
  await pool.query(`
    with gone as (select coalesce(array_agg(locked_by), '{}') as ids from unnest($1::text[]) locked_by where ${IS_GONE})
    select graphile_worker.force_unlock_workers(ids), pg_notify('jobs:insert', '{"count":9}') from gone where ids <> '{}'`, [workerIds])
}

/** Lets jobs begin again at once, as if they hadn't: their handlers gave up because the program stops. */
export async function bringBack (pool: Pool, jobIds: string[]): Promise<void> {
  if (jobIds.length === 0) return
  await pool.query("update graphile_worker._private_jobs set run_at = now(), attempts = attempts - 1, last_error = null where id = any($1::bigint[]) and locked_at is null", [jobIds])
}

/**
 * Takes jobs of a name that wait to be tried for the first time, those due longest, for this transaction alone: they are gone with it. Gives the entries of feeds that they are of,
 * so many at most, but for jobs that were left together.
 */
export async function takeWaiting (trx: Db, name: string, most: number): Promise<number[]> {
  if (most <= 0) return []
  const { rows }: { rows: { events: number[] }[] } = await trx.raw(`
    with waiting as materialized (
      select id, priority, run_at, payload from graphile_worker._private_jobs
      where is_available and run_at <= now() and attempts = 0 and key is null and job_queue_id is null and task_id = (select id from graphile_worker._private_tasks where identifier = :name)
      order by priority, run_at limit :most for update skip locked
    ), counted as (
      select id, sum(json_array_length(payload->'events')) over (order by priority, run_at, id) as count from waiting
    )
    delete from graphile_worker._private_jobs j using counted c where j.id = c.id and c.count <= :most returning j.payload->'events' as events`, { name, most }).options(PREPARED)
  return rows.flatMap(({ events }) => events)
}

/** The ids of the jobs of a queue that wait to be tried for the first time; a thousand at most. */
export async function listWaiting (db: Db, queue: string): Promise<string[]> {
  const { rows } = await prepared<{ id: string }[]>(db, `
    select id::text from graphile_worker._private_jobs where is_available and run_at <= now() and attempts = 0 and key is null
      and job_queue_id = (select id from graphile_worker._private_job_queues where queue_name = ?) order by priority, run_at limit 1000`, [queue])
  return rows.map(({ id }) => id)
}

/** Takes jobs that wait out of the queue: what they were left for is done. */
export async function dropWaiting (db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.raw('delete from graphile_worker._private_jobs where id in (select id from graphile_worker._private_jobs where id = any (?::bigint[]) and is_available and attempts = 0 for update skip locked)', [[...ids]])
}
