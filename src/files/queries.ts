import { randomBytes } from 'node:crypto'
import { PREPARED, type Db } from '../database/knex.js'
import { CARDS, pathOf, type Card } from '../feed/card.js'
import { record } from '../feed/record.js'
import { VALUES, type Subject } from '../form-editor/definition.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { ShownFile } from './file.js'
import type { Keeper } from './receive.js'
import type { Spooled } from './spool.js'
import type { Storage } from './storage/storage.js'

const SHOWN = ['id', 'token', 'client_id', 'lead_id', 'event_id', 'name', 'type', 'size', 'width', 'height', 'removed_at'] as const

const of = ({ subject, id }: Card) => ({ [VALUES[subject].owner]: id })

/**
 * Keeps a content in the storage. Its row is written first: as long as somebody is clearing that very content away (see `sweep`),
 * that waits, and then the storage has it no more and gets it anew.
 */
export async function keepContent ({ db, storage }: Keeper, { hash, size, path }: Spooled): Promise<void> {
  await db('file_contents').insert({ hash, size }).onConflict('hash').merge({ used_at: db.fn.now() })
  await storage.put(hash, path, size)
}

export interface NewFile { name: string, type: string, size: number, width: number | null, height: number | null, content: string, thumbnail: string | null }

/** Keeps a file that was sent and that no entry shows yet. */
export async function addWaiting (db: Db, by: Viewer, card: Card, file: NewFile): Promise<ShownFile> {
  const [row] = await db('files').insert({ ...file, token: randomBytes(16).toString('base64url'), ...of(card), employee_id: by.id }).returning([...SHOWN, 'thumbnail'])
  return shown(row)
}

/** The files that this person sent for a client or lead and that no entry shows yet, of those tokens, in their order. */
export async function findWaiting (db: Db, by: Viewer, card: Card, tokens: string[]): Promise<ShownFile[]> {
  if (tokens.length === 0) return []
  const rows = await db('files').whereIn('token', tokens).where({ ...of(card), employee_id: by.id, event_id: null }).select(...SHOWN, 'thumbnail')
  return rows.map(shown).sort((a, b) => tokens.indexOf(a.token) - tokens.indexOf(b.token))
}

/** Some of the files have waited for more than a day and are gone, or are shown already. */
export class FilesGone extends Error {}

/** Shows waiting files in a new entry of a feed, with what was written beside them. Returns the entry's id. Throws FilesGone. */
export async function showInFeed (trx: Db, by: Viewer, card: Card, files: ShownFile[], body: string): Promise<number> {
  const event = await record(trx, by, card, 'files.added', { files: files.map(({ id, name }) => ({ id, name })) }, body || null)
  for (const [position, { id }] of files.entries()) {
    const taken = await trx('files').where({ id, event_id: null }).update({ event_id: event, position })
    if (taken === 0) throw new FilesGone()
  }
  return event
}

/** A file that a message takes along. `isWaiting`: no entry shows it yet. */
export interface Sendable { id: number, size: number, isWaiting: boolean }

/**
 * The files of a client or lead that a message takes along: those that its feed shows, by id, and those that this person sent for it, by
 * token. Throws FilesGone when one was taken away meanwhile.
 */
export async function filesToSend (trx: Db, by: Viewer, card: Card, { ids, tokens }: { ids: readonly number[], tokens: readonly string[] }): Promise<Sendable[]> {
  const shown: { id: number, size: number }[] = ids.length === 0 ? [] : await trx('files').whereIn('id', [...ids]).where({ ...of(card), removed_at: null }).whereNotNull('event_id').forShare().select('id', 'size')
  const waiting = await findWaiting(trx, by, card, [...tokens])
  if (shown.length < ids.length || waiting.length < tokens.length) throw new FilesGone()
  return [...shown.map(file => ({ ...file, isWaiting: false })), ...waiting.map(({ id, size }) => ({ id, size, isWaiting: true }))]
}

/** Shows the files that waited in an entry of the feed that is there: that of the message that takes them along. */
export async function showWith (trx: Db, event: number, files: readonly Sendable[]): Promise<void> {
  for (const [position, { id }] of files.filter(({ isWaiting }) => isWaiting).entries()) {
    const taken = await trx('files').where({ id, event_id: null }).update({ event_id: event, position })
    if (taken === 0) throw new FilesGone()
  }
}

/** Keeps files that came with a message: a client's feed shows them in the entry of the message, a stranger's stay with the message alone. */
export async function addReceived (trx: Db, messageId: number, files: readonly NewFile[]): Promise<void> {
  const { client_id: client, event_id: event } = await trx('messages').where({ id: messageId }).first('client_id', 'event_id')
  for (const [position, file] of files.entries()) {
    const owner = client === null ? { message_id: messageId } : { client_id: client, event_id: event, position }
    const [{ id }] = await trx('files').insert({ ...file, ...owner, token: randomBytes(16).toString('base64url'), employee_id: null }).returning('id')
    await trx('message_files').insert({ message_id: messageId, file_id: id, position })
  }
}

/** What a stranger sent with a message. Throws NotFound. */
export async function findOfStranger (db: Db, messageId: number, token: string): Promise<Omit<Served, 'thumbnail' | 'thumbnail_size'>> {
  const file = await db('files').where({ message_id: messageId, token, removed_at: null }).first('content', 'name', 'type', 'size')
  if (!file) throw new NotFound()
  return file
}

/** The newest files that the feed of a client or lead shows. */
export async function listFilesOf (db: Db, card: Card, limit = 30): Promise<ShownFile[]> {
  const rows = await db('files').where({ ...of(card), removed_at: null }).whereNotNull('event_id').orderBy('id', 'desc').limit(limit).select(...SHOWN, 'thumbnail')
  return rows.map(shown)
}

/** The files that entries of the feed show, by entry, the removed ones included. */
export async function filesOfEvents (db: Db, events: number[]): Promise<Map<number, ShownFile[]>> {
  const files = new Map<number, ShownFile[]>()
  if (events.length === 0) return files
  const rows = await db('files').whereRaw('event_id = any(?)', [events]).orderBy(['event_id', 'position', 'id']).select(...SHOWN, 'thumbnail').options(PREPARED)
  for (const row of rows) files.set(row.event_id, [...files.get(row.event_id) ?? [], shown(row)])
  return files
}

/** What is served under an address. */
export interface Served { content: string, thumbnail: string | null, name: string, type: string, size: number, thumbnail_size: number | null }

/** The file behind an address, when the viewer may see its client or lead (and sent it, when nothing shows it yet). Throws NotFound. */
export async function findServed (db: Db, viewer: Viewer, subject: Subject, id: number | null, token: string): Promise<Served> {
  const { owner, owners } = VALUES[subject]
  const file = id === null ? undefined : await db('files').join(owners, `${owners}.id`, `files.${owner}`)
    .leftJoin('file_contents as small', 'small.hash', 'files.thumbnail')
    .where({ 'files.token': token, [`files.${owner}`]: id, 'files.removed_at': null })
    .where(of => { of.whereNotNull('files.event_id').orWhere('files.employee_id', viewer.id) })
    .modify(CARDS[subject].visible(viewer))
    .first('files.content', 'files.thumbnail', 'files.name', 'files.type', 'files.size', 'small.size as thumbnail_size').options(PREPARED)
  if (!file) throw new NotFound()
  return file
}

/** Takes a file out of the feed, or puts it back, with an entry that says so; its content stays. Returns the entry that shows it. Throws NotFound. */
export async function setFileRemoved (trx: Db, by: Viewer, card: Card, token: string, removed: boolean): Promise<number> {
  const file = await trx('files').where({ token, ...of(card) }).whereNotNull('event_id').forUpdate().first('id', 'name', 'event_id', 'removed_at')
  if (!file || (file.removed_at !== null) === removed) throw new NotFound()
  await record(trx, by, card, removed ? 'file.removed' : 'file.restored', { file: { id: file.id, name: file.name } })
  await trx('files').where({ id: file.id }).update(removed ? { removed_at: trx.fn.now(), removed_by: by.id } : { removed_at: null, removed_by: null })
  // Open pages are told of the entry that shows it.
  await trx('events').where({ id: file.event_id }).update({ details: trx.ref('details') })
  return file.event_id
}

/**
 * Clears away files that nobody showed within a day, and contents that nothing names. A content goes from the storage while its row
 * is locked, so that who sends the same one at that moment waits and keeps it anew. Returns how many contents went.
 */
export async function sweep ({ db, storage }: { db: Db, storage: Storage }): Promise<number> {
  await db('files').whereNull('event_id').whereNull('message_id').whereRaw("created_at < now() - interval '1 day'").delete()
  for (let gone = 0; ; gone++) {
    const one = await db.transaction(async trx => {
      const { rows: [row] } = await trx.raw(`
        delete from file_contents where hash = (
          select hash from file_contents c where used_at < now() - interval '1 day'
            and not exists (select from files where content = c.hash) and not exists (select from files where thumbnail = c.hash)
            and not exists (select from organisation where logo = c.hash) and not exists (select from imports where content = c.hash)
          order by used_at limit 1 for update skip locked
        ) returning hash`)
      if (row) await storage.delete(row.hash)
      return row
    })
    if (!one) return gone
  }
}

function shown ({ thumbnail, client_id: client, lead_id: lead, ...row }: any): ShownFile {
  return { ...row, at: pathOf(client ? { subject: 'client', id: client } : { subject: 'lead', id: lead }), has_thumbnail: thumbnail !== null }
}
