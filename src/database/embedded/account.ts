import { execFileSync } from 'node:child_process'
import { lchown, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Who a program runs as; the shape `spawn` takes. */
export interface Account { uid: number, gid: number }

/**
 * Who Postgres runs as: undefined means ourselves. Postgres refuses root, so for root it is the owner of the cluster, else
 * the owner of the data folder, else the first that exists of clientela, postgres and nobody.
 * Throws when the cluster belongs to somebody else, or root finds no account.
 */
export async function accountFor (directory: string, path: string): Promise<Account | undefined> {
  const owner = await stat(path).catch(() => null)
  const us = process.getuid?.() // undefined on Windows
  if (us !== 0) {
    if (owner && us !== undefined && owner.uid !== us) {
      throw new Error(`${path} belongs to user ${owner.uid}, and this is user ${us}: start Clientela as that user, or as root`)
    }
    return undefined
  }

  const found = [owner, await stat(directory)].find(entry => entry && entry.uid !== 0)
  if (found) return { uid: found.uid, gid: found.gid }
  for (const name of ['clientela', 'postgres', 'nobody']) {
    const [uid, gid] = [id('-u', name), id('-g', name)]
    if (uid && gid) return { uid, gid }
  }
  throw new Error('Postgres does not run as root, and there is no user clientela, postgres or nobody to run it as: create one')
}

/** Gives a whole folder to the account; links are changed themselves, never what they point to. */
export async function giveFolder (path: string, { uid, gid }: Account): Promise<void> {
  for (const name of await readdir(path, { recursive: true })) await lchown(join(path, name), uid, gid)
  await lchown(path, uid, gid)
}

/** Gives a file that root made in the data folder to the folder's owner, who may start Clientela without root next time. */
export async function giveToOwner (directory: string, file: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(directory)
  await lchown(file, uid, gid)
}

function id (what: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [what, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
