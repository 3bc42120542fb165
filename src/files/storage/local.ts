import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { keyOf, StorageDown, type Storage } from './storage.js'

/** Contents in a folder of this machine. A content appears under its name whole or not at all, also when the power goes. */
export function localStorage (directory: string): Storage {
  const pathOf = (hash: string) => join(directory, keyOf(hash))
  return {
    temporary: join(directory, 'temporary'),

    async put (hash, path, size) {
      const target = pathOf(hash)
      try {
        const there = await stat(target).catch(() => null)
        if (there?.size === size) return await rm(path)
        const folder = dirname(target)
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await sync(path)
        await rename(path, target)
        for (const above of [folder, dirname(folder), directory]) await sync(above)
      } catch (error) {
        throw new StorageDown(error)
      }
    },

    async get (hash, range) {
      const file = await open(pathOf(hash)).catch(error => { throw new StorageDown(error) })
      return createReadStream('', { fd: file, ...range })
    },

    async delete (hash) {
      await rm(pathOf(hash), { force: true })
    }
  }
}

// A renamed file is there after a power cut only when its folder was written too. Not every system lets one do that.
async function sync (path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
