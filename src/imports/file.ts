import { rm } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { spool } from '../files/spool.js'
import type { Import } from './import.js'

/** Gives `use` the path of an import's file on this machine, and leaves nothing there. */
export async function withFile<T> ({ storage }: Pick<FastifyInstance, 'storage'>, { content }: Pick<Import, 'content'>, use: (path: string) => Promise<T>): Promise<T> {
  if (content === null) throw new Error('The file of this import was cleared away')
  const { path } = await spool(await storage.get(content), storage.temporary)
  try {
    return await use(path)
  } finally {
    await rm(path, { force: true })
  }
}
