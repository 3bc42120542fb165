import type { z } from 'zod'
import { idOf, readForm, typedText, type Body, type FieldErrors } from '../../web/form.js'
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
  for (const { index, sent } of rowsSent(body, kind, main, Object.keys(schema.shape))) {
    const name = `${kind}s.${index}`
    const id = idOf(sent.id)
    const read = readForm(schema, sent)
    const again = { index, id, typed: typedText(sent, main), remove: Boolean(sent.remove), was: typedText(sent, 'was'), ...row(sent) }
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

/**
 * Each row of a body with its fields. Rows that came under one index are as many rows, the later ones under indexes of their own: what each of them
 * sent is its own, and what only some sent (a box that is ticked) is nobody's, as it can't be told whose.
 */
function rowsSent (body: Body, kind: ContactKind, main: string, fields: string[]): { index: string, sent: Body }[] {
  const named = indexesSent(body, kind)
  let next = Math.max(-1, ...named.map(Number)) + 1
  return rowIndexes(body, kind).flatMap(index => {
    const name = `${kind}s.${index}`
    const typed = body[`${name}.${main}`]
    const count = Array.isArray(typed) && typed.length === named.filter(one => one === index).length ? typed.length : 1
    const of = (field: string, at: number) => {
      const sent = body[`${name}.${field}`]
      return count === 1 ? sent : sent?.length === count && Array.isArray(sent) ? sent[at] : undefined
    }
    return Array.from({ length: count }, (_, at) => ({ index: at === 0 ? index : String(next++), sent: Object.fromEntries(fields.map(field => [field, of(field, at)])) }))
  }).slice(0, MOST)
}

/** The indexes of repeated rows, each once, in the order of the form; anything that is no small number is not ours. */
export function rowIndexes (body: Body, kind: ContactKind): string[] {
  return [...new Set(indexesSent(body, kind))].slice(0, MOST)
}

// A row that saves itself names itself: the rest of its form comes along unasked.
const indexesSent = (body: Body, kind: ContactKind): string[] => [body.row ?? body[`${kind}_rows`] ?? []].flat().filter(index => /^\d{1,4}$/.test(index))
