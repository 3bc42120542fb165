import type { Readable } from 'node:stream'
import { HttpError } from '../../web/errors.js'

/** Bytes of a content, both ends included, counted from 0. */
export interface Range { start: number, end: number }

/** Where the contents of files are kept, each under the SHA-256 of its bytes. */
export interface Storage {
  /** Keeps the file at `path` under its hash and leaves nothing at `path`; one that is kept already stays as it is. Durable when it returns. */
  put (hash: string, path: string, size: number): Promise<void>
  /** Opens a content, or a part of it. Rejects with StorageDown when it isn't there or can't be reached. */
  get (hash: string, range?: Range): Promise<Readable>
  /** Forgets a content; one that isn't there is no error. */
  delete (hash: string): Promise<void>
  /** A folder of this machine for what isn't whole yet. */
  temporary: string
}

/** The store doesn't answer, or has lost what it was given. */
export class StorageDown extends HttpError {
  constructor (override readonly cause: unknown) {
    super(503, 'storage_down')
    this.message = `storage_down: ${String(cause)}` // for the log; a page says it in other words
  }
}

/** "ab/cd/abcd…": no folder grows too long to list. */
export const keyOf = (hash: string): string => `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`
