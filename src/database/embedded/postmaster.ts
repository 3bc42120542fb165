import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fchownSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataPath, runIn, type Cluster } from './cluster.js'

/** A running (or starting) Postgres that is our child. */
export interface Postmaster {
  pid: number
  /** Resolves when it takes connections; rejects with StartFailure when it ends before. */
  ready: Promise<void>
  /** Resolves with the reason, in words, when the process has ended. Never rejects. */
  ended: Promise<string>
  /** Ends it: at once for its clients, and cleanly for the data; the hard way after 20 s. Throws when even that fails. */
  end (): Promise<void>
}

/** Postgres ended before it was ready. `message` is one line with the cause. */
export class StartFailure extends Error {
  override name = 'StartFailure'

  constructor (cause: string, log: string, readonly output: string) {
    super(`Postgres could not start: ${cause} (more in ${log})`)
  }

  /** The port went to somebody else between our look and Postgres's. */
  get portTaken () { return /could not bind/.test(this.output) }

  /** Backends of a postmaster that was killed still hold its memory; they notice and end, unless they are busy. */
  get memoryHeld () { return /pre-existing shared memory block/.test(this.output) }
}

const megabyte = 1024 * 1024

/** For a small machine that also runs the app. What is not here is Postgres's own default. */
const tuning = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  cluster_name: 'clientela',
  max_connections: '60',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  random_page_cost: '1.1',
  jit: 'off',
  max_parallel_workers_per_gather: '0', // plans that do not vary, and no need of /dev/shm, which containers keep small
  max_wal_size: '512MB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] '
}

/** Settings under which a power cut loses data, for tests. */
const hasty = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** All settings of a start: later ones win. */
export function settingsFor (durable: boolean, extra: Record<string, string> = {}): Record<string, string> {
  return { ...tuning, ...(durable ? {} : hasty), ...extra }
}

/** Starts Postgres on `port` of the loopback address. What it says goes to postgres.log in the data folder. */
export function launch (cluster: Cluster, port: number, settings: Record<string, string>): Postmaster {
  const { directory, path, account, binaries } = cluster
  const log = join(directory, 'postgres.log')
  const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])

  // A file, not a pipe: Postgres must neither wait for a busy app to read nor fall silent when the app is killed
  const file = openLog(log)
  const before = fstatSync(file).size
  const child = spawn(binaries.postgres, ['-D', dataPath(path, account), ...options], {
    ...runIn(path, account),
    stdio: ['ignore', file, file],
    detached: true, // out of the terminal's Ctrl-C, so that the app can finish what is in flight first
    windowsHide: true
  })
  closeSync(file)

  let over: string | undefined
  const ended = ending(child).then(reason => (over = reason))

  async function ready () {
    while (!isReady(path, child.pid)) {
      if (over !== undefined) {
        const output = readFileSync(log).subarray(before).toString()
        throw new StartFailure(causeIn(output) ?? over, log, output)
      }
      await sleep(20) // no limit in time: recovery after a crash takes what it takes
    }
  }

  async function end () {
    for (const [name, seconds] of [['SIGINT', 20], ['SIGQUIT', 10], ['SIGKILL', 5]] as const) {
      if (over !== undefined) return
      child.kill(name)
      await Promise.race([ended, sleep(seconds * 1000, undefined, { ref: false })])
    }
    if (over === undefined) throw new Error(`Postgres (process ${child.pid}) does not end`)
  }

  return { pid: child.pid ?? 0, ready: ready(), ended, end }
}

/** The lines of postmaster.pid that matter here, or null when there is none. `pid` is negative for a single-user Postgres. */
export function readPidFile (path: string): { pid: number, port: number, status: string } | null {
  try {
    const lines = readFileSync(join(path, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() }
  } catch {
    return null
  }
}

function isReady (path: string, pid: number | undefined): boolean {
  const file = readPidFile(path)
  return file !== null && file.pid === pid && file.status === 'ready'
}

function ending (child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

/** Postgres speaks English here (locale C): its last word, with the detail when there is one. */
function causeIn (output: string): string | undefined {
  const fatal = [...output.matchAll(/(?:FATAL|PANIC): +(.*)(?:\n.*DETAIL: +(.*))?/g)].at(-1)
  if (fatal) return fatal[2] ? `${fatal[1]}: ${fatal[2]}` : fatal[1]
  return output.trim().split('\n').at(-1) || undefined
}

function openLog (file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 10 * megabyte) renameSync(file, `${file}.1`)
  const log = openSync(file, 'a', 0o600)
  const { uid, gid } = statSync(dirname(file))
  if (process.getuid?.() === 0) fchownSync(log, uid, gid) // the folder's owner may start Clientela without root next time
  return log
}
