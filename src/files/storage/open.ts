import { join } from 'node:path'
import type { Config } from '../../config.js'
import { localStorage } from './local.js'
import type { Storage } from './storage.js'

/** The storage that the configuration names. The client of S3 is loaded when it is first used, and only then. */
export function openStorage ({ dataDirectory, s3 }: Config): Storage {
  const directory = join(dataDirectory, 'files')
  if (!s3) return localStorage(directory)
  const opening = () => opened ??= import('./s3.js').then(({ s3Storage }) => s3Storage(s3, join(directory, 'temporary')))
  let opened: Promise<Storage> | undefined
  return {
    temporary: join(directory, 'temporary'),
    put: async (...given) => (await opening()).put(...given),
    get: async (...given) => (await opening()).get(...given),
    delete: async hash => (await opening()).delete(hash)
  }
}
