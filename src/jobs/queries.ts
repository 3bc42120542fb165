import type { ClientBase, Pool } from 'pg'

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
