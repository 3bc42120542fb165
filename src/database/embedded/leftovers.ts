import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { superuser, type Cluster } from './cluster.js'
import { readPidFile } from './postmaster.js'
import { birthOf, endsWithin, isNamedPostgres, postgresIn, signal } from './processes.js'

/**
 * Clears what an earlier run left: ends a Postgres whose app was killed, and removes a postmaster.pid that names a process
 * which is not Postgres on this cluster. Only a process proven to be that is ever signalled. The caller holds the lock.
 * Throws when a Postgres that may be ours neither answers nor ends.
 */
export async function clearLeftovers (cluster: Cluster): Promise<void> {
  const file = readPidFile(cluster.path)
  if (!file || !(file.pid > 0)) return // a single-user Postgres (negative) is somebody at work: let Postgres refuse

  switch (await judge(cluster, file)) {
    case 'ours': return endOrphan(file.pid)
    case 'unclear': throw new Error(`process ${file.pid} may be Postgres on ${cluster.path}, but does not answer: stop it, or if it is something else delete postmaster.pid there`)
    case 'stale': // Postgres takes any live process of its own user for a postmaster, and would refuse
      rmSync(join(cluster.path, 'postmaster.pid'), { force: true })
  }
}

/** Ends backends that outlive their killed postmaster because they are busy. The caller has seen Postgres complain of them. */
export function endStragglers ({ path, account }: Cluster): void {
  for (const pid of postgresIn(path, account)) signal(pid, 'SIGQUIT')
}

async function judge (cluster: Cluster, { pid, port }: { pid: number, port: number }): Promise<'ours' | 'stale' | 'unclear'> {
  if (birthOf(pid) === null || !isNamedPostgres(pid)) return 'stale'
  if (postgresIn(cluster.path, cluster.account).includes(pid) || await servesCluster(port, cluster)) return 'ours'
  return process.platform === 'linux' ? 'stale' : 'unclear' // elsewhere we cannot see where a silent process works
}

async function endOrphan (pid: number): Promise<void> {
  signal(pid, 'SIGINT')
  if (await endsWithin(pid, 20_000)) return
  signal(pid, 'SIGQUIT')
  if (await endsWithin(pid, 10_000)) return
  throw new Error(`Postgres from an earlier run (process ${pid}) does not end`)
}

/**
 * Whether the server on this port takes our password and works on this very folder: it must see a file that we have just
 * put there. Numbers inside the cluster prove less, as a copied cluster has the same ones.
 */
export async function servesCluster (port: number, { path, password }: Cluster): Promise<boolean> {
  const name = `clientela-probe-${randomBytes(8).toString('hex')}`
  const client = new pg.Client({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres', connectionTimeoutMillis: 3000, query_timeout: 3000 })
  client.on('error', () => {})
  writeFileSync(join(path, name), '', { flag: 'wx', mode: 0o644 })
  try {
    await client.connect()
    const { rows } = await client.query('select (pg_stat_file($1, true)).size is not null as seen', [name])
    return rows[0].seen
  } catch {
    return false
  } finally {
    rmSync(join(path, name), { force: true })
    await client.end().catch(() => {})
  }
}
