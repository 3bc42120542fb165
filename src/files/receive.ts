import { rm } from 'node:fs/promises'
import type { Multipart, MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../database/knex.js'
import type { Card } from '../feed/card.js'
import { BrokenOff, type HttpError } from '../web/errors.js'
import type { Body } from '../web/form.js'
import { addField, drain, LIMITS_OF_PARTS } from '../web/sent.js'
import type { Viewer } from '../web/viewer.js'
import { othersForm, PAGE_VIEWER } from '../web/whose-page.js'
import { limitsOf, type FileLimits, type Refusal, type ShownFile } from './file.js'
import { cleanName } from './name.js'
import { paint } from './pictures/painter.js'
import { addWaiting, keepContent, type NewFile } from './queries.js'
import { spool, type Spooled } from './spool.js'
import type { Storage } from './storage/storage.js'
import { findType } from './type.js'

/** What an upload brought: its other fields, the files that are kept now and those that aren't. */
export interface Received { body: Body, files: ShownFile[], refusals: Refusal[] }

/** Where files are kept. */
export interface Keeper { db: Db, storage: Storage }

/**
 * Reads a form with files as it arrives: each file goes to disk chunk by chunk, is judged by its content, and waits in the storage for
 * the entry that will show it. A file that isn't accepted is named in `refusals` and keeps none of the others from being kept.
 */
export async function receive (request: FastifyRequest, keeper: Keeper, by: Viewer, card: Card): Promise<Received> {
  const limits = limitsOf(by.organisation)
  const received: Received = { body: Object.create(null), files: [], refusals: [] }
  await eachPart(request, limits.megabytes * 1e6, received.body, async part => {
    const name = cleanName(part.filename)
    if (received.files.length >= limits.count) throw new FileRefused({ key: 'files.too_many', values: { count: limits.count } })
    received.files.push(await accept(part, name, limits, keeper, by, card))
  }, (name, error) => received.refusals.push({ name: cleanName(name), error }))
  return received
}

/** Why a file isn't kept, in words of the locales. */
export class FileRefused extends Error {
  constructor (readonly said: Refusal['error']) { super(said.key) }
}

/** Goes through a form with files, and reads it to its end whatever happens: the browser listens to no answer before. */
export async function eachPart (request: FastifyRequest, bytes: number, body: Body, take: (part: MultipartFile) => Promise<void>, refuse: (name: string, error: Refusal['error']) => void): Promise<void> {
  request.body = body // for the page of an error
  let refusal: HttpError | null = null
  try {
    for await (const part of partsOf(request, bytes)) {
      if (part.type === 'field') {
        if (part.fieldname === PAGE_VIEWER) refusal ??= othersForm(request, part.value)
        addField(body, part.fieldname, String(part.value))
      } else if (!part.filename) {
        part.file.resume() // a box in which nothing was chosen
      } else if (refusal) {
        part.file.resume()
        body.had_files = '1'
      } else {
        await take(part).catch(error => {
          if (!(error instanceof FileRefused)) throw error
          part.file.resume()
          refuse(part.filename, error.said)
        })
      }
    }
    if (refusal) throw refusal
  } catch (error) {
    drain(request.raw)
    throw error
  }
}

/** The parts of a form as they arrive. Throws BrokenOff when the rest never does, or is no form. */
async function * partsOf (request: FastifyRequest, fileSize: number): AsyncGenerator<Multipart> {
  try {
    yield * request.parts({ limits: { ...LIMITS_OF_PARTS, fileSize } })
  } catch (error) {
    throw (error as { statusCode?: number }).statusCode ? error : new BrokenOff()
  }
}

/** Writes an uploaded file to disk, gives it to `use`, and leaves nothing of it there. Throws FileRefused for one that is empty or too big. */
export async function withSpooled<T> (part: MultipartFile, megabytes: number, { storage }: Keeper, use: (spooled: Spooled) => Promise<T>): Promise<T> {
  const spooled = await spool(part.file, storage.temporary)
  try {
    if (part.file.truncated) throw new FileRefused({ key: 'files.too_big', values: { max: megabytes } })
    if (spooled.size === 0) throw new FileRefused({ key: 'files.empty' })
    return await use(spooled)
  } finally {
    await rm(spooled.path, { force: true })
  }
}

async function accept (part: MultipartFile, name: string, limits: FileLimits, keeper: Keeper, by: Viewer, card: Card): Promise<ShownFile> {
  return withSpooled(part, limits.megabytes, keeper, async spooled => addWaiting(keeper.db, by, card, await keepFile(spooled, name, limits, keeper)))
}

/** Judges a file on disk by its content and keeps that in the storage, pictures drawn anew. Gives its row. Throws FileRefused for a kind that isn't accepted. */
export async function keepFile (spooled: Spooled, name: string, limits: FileLimits, keeper: Keeper): Promise<NewFile> {
  const { type, kind } = await findType(spooled.path, name)
  if (!limits.kinds.includes(kind)) throw new FileRefused({ key: `files.refused.${kind}` })
  const kept = kind === 'pictures' ? await drawn(spooled, type, keeper.storage.temporary) : { content: spooled, thumbnail: null, width: null, height: null }
  await keepContent(keeper, kept.content)
  if (kept.thumbnail) await keepContent(keeper, kept.thumbnail)
  return { name, type, size: kept.content.size, width: kept.width, height: kept.height, content: kept.content.hash, thumbnail: kept.thumbnail?.hash ?? null }
}

/** Draws a picture anew. Throws FileRefused when it can't be. */
export async function drawn (spooled: Spooled, type: string, folder: string, logo = false) {
  const answer = await paint({ path: spooled.path, type, folder, logo })
  if ('refused' in answer) throw new FileRefused(answer.refused)
  if ('failed' in answer) throw new Error(answer.failed)
  return answer.picture
}
