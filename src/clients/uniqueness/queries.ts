import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { saidByValues } from '../../form-editor/values.js'
import type { Viewer } from '../../web/viewer.js'
import type { ContactKind } from '../client.js'
import { visibleTo } from '../visibility.js'

/** Another client with the same number or address. `name` only for those who may see that client. */
export interface Match { id: number, name: string, archived: boolean }
export interface Matches { known: Match[], hidden: number }

/** A save was refused because another client has this number or address, and the company's setting says so. */
export class ContactTaken extends Error {
  constructor (readonly kind: ContactKind, readonly value: string) { super(`${kind} is taken`) }
}

const SOURCES = {
  phone: { table: 'client_phones', column: 'e164' },
  email: { table: 'client_emails', column: 'address_key' }
} as const

/**
 * The clients other than `except` that have this number (E.164) or address (lower case), at most five; those the viewer may
 * not see are only counted. Archived clients count: theirs comes back with them.
 */
export async function findMatches (db: Db, viewer: Viewer, kind: ContactKind, value: string, except: number | null): Promise<Matches> {
  const { table, column } = SOURCES[kind]
  const clients = () => db('clients')
    .whereIn('clients.id', db(table).where(column, value).whereNull('removed_at').select('client_id'))
    .modify(query => { if (except) query.whereNot('clients.id', except) })
  const rows = await clients().modify(visibleTo(viewer)).orderBy('id').limit(5).select('id', 'name', 'archived_at')
  const known = rows.map((row: { id: number, name: string, archived_at: Date | null }) => ({ id: row.id, name: row.name, archived: row.archived_at !== null }))
  const sees = viewer.can('clients.view') && viewer.can('suppliers.view')
  if (sees) return { known, hidden: 0 }
  const [{ count }] = await clients().limit(1).count({ count: '*' })
  return { known, hidden: Math.max(0, count - known.length) }
}

/** One client as a match: its name only for those who may see it. */
export async function nameMatches (db: Db, viewer: Viewer, id: number | null): Promise<Matches> {
  const row = id === null ? undefined : await db('clients').where({ id }).modify(visibleTo(viewer)).first('id', 'name', 'archived_at')
  return row ? { known: [{ id: row.id, name: row.name, archived: row.archived_at !== null }], hidden: 0 } : { known: [], hidden: id === null ? 0 : 1 }
}

/** Saves in a transaction, and turns the database's refusal of a taken number or address into ContactTaken, of a taken unique id into IdTaken. */
export async function refusingTaken<T> (db: Db, save: (trx: Db) => Promise<T>): Promise<T> {
  try {
    return await transaction(db, save)
  } catch (error) {
    const { code, constraint, detail } = error as { code?: string, constraint?: string, detail?: string }
    if (code === '23505' && constraint === 'client_phones_taken') throw new ContactTaken('phone', detail ?? '')
    if (code === '23505' && constraint === 'client_emails_taken') throw new ContactTaken('email', detail ?? '')
    throw saidByValues(error)
  }
}

/** Saves in a transaction; true when it was refused because the number or address is taken. */
export async function isTaken (db: Db, save: (trx: Db) => Promise<unknown>): Promise<boolean> {
  try {
    await refusingTaken(db, save)
    return false
  } catch (error) {
    if (error instanceof ContactTaken) return true
    throw error
  }
}
