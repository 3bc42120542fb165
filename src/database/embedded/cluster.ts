import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, lchown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accountFor, giveFolder, giveToOwner, type Account } from './account.js'
import { findBinaries, type Binaries } from './binaries.js'

/** A Postgres cluster on disk, and what it takes to run it. */
export interface Cluster {
  /** The data folder: password, log, lock file. */
  directory: string
  /** The cluster itself, inside it. */
  path: string
  account: Account | undefined
  binaries: Binaries
  password: string
}

export const superuser = 'clientela'

/** Opens the cluster under `directory`, making it when there is none. The caller holds the lock. `durable` false skips the flush to disk. */
export async function openCluster (directory: string, durable: boolean): Promise<Cluster> {
  const path = join(directory, 'postgres')
  const account = await accountFor(directory, path)
  const exists = await stat(path).then(() => true, () => false)
  const binaries = await findBinaries(directory, account)
  const cluster = { directory, path, account, binaries, password: await passwordIn(directory, exists) }

  if (!exists) await createCluster(cluster, durable)
  // A copy or a backup that root put back belongs to root, whom Postgres refuses
  if (account && (await stat(path)).uid !== account.uid) await giveFolder(path, account)
  return cluster
}

/**
 * How a Postgres program is run in the folder `path`: spawn's options.
 * The environment is our own choice, because PG* and LC_* variables change Postgres and the rest is none of its business.
 */
export function runIn (path: string, account: Account | undefined) {
  const { PATH, SystemRoot, TEMP } = process.env
  return { cwd: path, env: { PATH, SystemRoot, TEMP, LC_ALL: 'C', TZ: 'UTC' }, ...account }
}

/**
 * What to give Postgres as -D. Its account may be unable to walk to `path` (a clone under /root). But node enters the folder as
 * root before it gives up root, and Linux follows /proc/self/cwd without asking for rights on the folders above.
 */
export function dataPath (path: string, account: Account | undefined): string {
  return account && process.platform === 'linux' ? '/proc/self/cwd' : path
}

async function passwordIn (directory: string, exists: boolean): Promise<string> {
  const file = join(directory, 'postgres.password')
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (known?.trim()) return known.trim()
  if (exists) throw new Error(`${file} is missing, and ${join(directory, 'postgres')} opens with no other password: put both back from the same backup`)

  const password = randomBytes(24).toString('base64url')
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true })
  await giveToOwner(directory, `${file}.new`)
  await rename(`${file}.new`, file)
  return password
}

/** Makes the cluster beside its place and moves it there whole, so that an interrupted first start leaves nothing half made. */
async function createCluster (cluster: Cluster, durable: boolean): Promise<void> {
  const { directory, path, account, password } = cluster
  const begun = 'postgres.new-'
  for (const name of await readdir(directory)) {
    // Retried, as the initdb of a start that was killed a moment ago may still be writing there
    if (name.startsWith(begun)) await rm(join(directory, name), { recursive: true, force: true, maxRetries: 10 })
  }

  const draft = await mkdtemp(join(directory, begun))
  const folder = join(draft, 'cluster')
  try {
    await mkdir(folder, { mode: 0o700 })
    await writeFile(join(draft, 'password'), `${password}\n`, { mode: 0o600 })
    if (account) await giveFolder(draft, account)

    // Letters beyond ASCII are letters to pg_trgm only in a UTF-8 ctype; sorting stays with the builtin provider, the same everywhere
    await initdb(cluster, folder, durable, 'C.UTF-8').catch(error => {
      if (!/invalid locale name/.test(error.message)) throw error
      return initdb(cluster, folder, durable, 'C')
    })
    await chmod(folder, 0o700)
    if (account) await lchown(folder, account.uid, account.gid)
    await rename(folder, path)
    if (durable) await flush(directory)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function initdb ({ binaries, account }: Cluster, folder: string, durable: boolean, ctype: string): Promise<void> {
  const options = ['-D', dataPath(folder, account), `--username=${superuser}`, '--pwfile=../password', '--auth=scram-sha-256', '--encoding=UTF8',
    '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', `--lc-ctype=${ctype}`]
  if (!durable) options.push('--no-sync')
  try {
    await promisify(execFile)(binaries.initdb, options, runIn(folder, account))
  } catch (error) {
    const { stderr, message, code } = error as Error & { stderr?: string, code?: unknown }
    const cause = /(?:error|FATAL|PANIC): +(.*)/.exec(stderr ?? '')?.[1] ?? (stderr || message).trim().split('\n')[0]
    // The file is there, so what is missing is the loader it names
    const hint = code === 'ENOENT' ? ' (these programs need glibc 2.27 or newer; on another system name a server in DATABASE_URL)' : ''
    throw new Error(`Postgres could not make its data folder in ${folder}: ${cause}${hint}`, { cause: error })
  }
}

/** Makes a rename inside the folder last through a power cut. */
async function flush (folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  await handle.sync()
  await handle.close()
}
