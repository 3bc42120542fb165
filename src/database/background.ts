import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { Socket } from 'node:net'
import type pg from 'pg'
import { openDatabase, type Db } from './knex.js'

const NICENESS = 10

/**
 * Does long work on a few connections of its own, which are closed behind it, also when it throws. Where Postgres runs on this machine and may be told, it
 * serves them behind everybody else in the queue for a processor.
 */
export async function inBackground (url: string, pool: number, work: (db: Db) => Promise<void>): Promise<void> {
  const background = openDatabase(url, { pool, afterCreate: stepBack })
  try {
    await work(background)
  } finally {
    await background.destroy()
  }
}

function stepBack (connection: pg.Client, done: (error: Error | null, connection: pg.Client) => void): void {
  connection.query('select pg_backend_pid() as pid', (error: Error | undefined, result: pg.QueryResult<{ pid: number }>) => {
    if (!error) giveWay(result.rows[0]!.pid, (connection as unknown as { connection: { stream: Socket } }).connection.stream.localPort)
    done(error ?? null, connection)
  })
}

// The process is ours only if it says itself that it serves our port: Postgres may as well be elsewhere, where the number is another's.
function giveWay (pid: number, port: number | undefined): void {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`(${port})`)) setPriority(pid, NICENESS)
  } catch {} // another system, another machine, or not ours to tell: it goes on as everybody
}
