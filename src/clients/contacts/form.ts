import type { z } from 'zod'
import { idOf, readForm, type Body, type FieldErrors } from '../../web/form.js'
import type { ContactKind } from '../client.js'

/** A row of phones or e-mails as it was sent, to be shown again. */
export interface SentRow {
  index: string
  /** Of a contact that the client has; null for a new one. */
  id: number | null
  typed: string
  remove: boolean
  /** Fingerprint of the contact as the form showed it, '' for a new one. */
  was: string
}

/** What a row means. */
export interface RowValues { id: number | null, remove: boolean, was: string }

export interface ReadRows<V, R> {
  values: V[]
  rows: R[]
  /** New rows that nothing was typed into: they count for nothing. */
  blank: R[]
  errors: FieldErrors
}

/** What the reading of one row may ask and say. */
export interface Reading {
  id: number | null
  /** The viewer saw it masked and typed nothing in its place. */
  isMasked: boolean
  fail (field: string, key: string): void
  /** Whether an earlier row has the same. */
  isTwice (key: string): boolean
}

const MOST = 50

/**
 * Reads the rows of phones or e-mails in a body: each row has an index, sent as `phone_rows`, and its fields as
 * `phones.<index>.<field>`, of which `main` is the one that is typed. Errors stand under `phones.<index>.<field>`.
 */
export function readRows<T extends z.ZodObject, V, R> (body: Body, kind: ContactKind, main: string, schema: T, row: (sent: Body) => R, values: (read: z.output<T>, reading: Reading) => V): ReadRows<V, SentRow & R> {
  const found: ReadRows<V, SentRow & R> = { values: [], rows: [], blank: [], errors: {} }
  const seen = new Set<string>()
  for (const index of rowIndexes(body, kind)) {
    const name = `${kind}s.${index}`
    const sent: Body = Object.fromEntries(Object.keys(schema.shape).map(field => [field, body[`${name}.${field}`]]))
    const id = idOf(sent.id)
    const read = readForm(schema, sent)
    const again = { index, id, typed: String(sent[main] ?? ''), remove: Boolean(sent.remove), was: String(sent.was ?? ''), ...row(sent) }
    if (read.values?.[main] === '' && id === null) {
      found.blank.push(again)
      continue
    }
    found.rows.push(again)
    for (const [field, error] of Object.entries(read.errors ?? {})) found.errors[`${name}.${field}`] = error
    if (read.errors) continue
    found.values.push(values(read.values, {
      id,
      isMasked: id !== null && (sent[main] === undefined || (read.values.masked === true && read.values[main] === '')),
      fail: (field, key) => { found.errors[`${name}.${field}`] = { key } },
      isTwice: key => seen.has(key) || !seen.add(key)
    }))
  }
  return found
}

/** The indexes of repeated rows, in the order of the form; anything that is no small number is not ours. */
export function rowIndexes (body: Body, kind: ContactKind): string[] {
  // A row that saves itself names itself: the rest of its form comes along unasked.
  const sent = body.row ?? body[`${kind}_rows`] ?? []
  return [...new Set([sent].flat().filter(index => /^\d{1,4}$/.test(index)))].slice(0, MOST)
}
