import type { Db } from '../database/knex.js'

/** The jobs there are: each noun adds its names and what they are given, by declaration merging beside its handler. */
export interface Jobs {}

export interface JobOptions {
  /** Not before; at once unless given. */
  runAt?: Date
  /** Of jobs with the same key that haven't begun there is one, the last. */
  key?: string
  /** Jobs of one queue run one after the other, whichever process takes them. */
  queue?: string
  /**
   * How often it is tried, 25 times unless given, ever later: after some 3, 7, 20, 55 seconds and so on up to 6 hours. A try whose
   * process was killed counts: with 1 nobody goes on after it.
   */
  maxAttempts?: number
}

/** Leaves work for later, in the transaction of its cause: the job is there exactly when the change is. Its handler is given by `app.job(name, …)`. */
export async function enqueue<N extends keyof Jobs> (db: Db, name: N, payload: Jobs[N], { runAt, key, queue, maxAttempts }: JobOptions = {}): Promise<void> {
  await db.raw('select from graphile_worker.add_job(identifier => ?, payload => ?::json, queue_name => ?, run_at => ?, max_attempts => ?, job_key => ?)',
    [name, JSON.stringify(payload), queue ?? null, runAt ?? null, maxAttempts ?? null, key ?? null])
}
