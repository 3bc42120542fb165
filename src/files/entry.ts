import type { Db } from '../database/knex.js'
import type { Card } from '../feed/card.js'
import { addComment } from '../feed/queries.js'
import { readOne, text, type Body, type FieldError } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { FilesGone, findWaiting, showInFeed } from './queries.js'

/** What somebody writes into the feed: a comment, files that are waiting to be shown (by token), or both. */
export interface Entry { text: string, files: string[] }

/** Reads the form of an entry, whose files that came with it are `sent`. */
export function readEntry (body: Body, sent: string[], most: number): { entry: Entry, error?: undefined } | { entry?: undefined, error: FieldError } {
  const { value, error } = readOne(text(10_000), body.body)
  if (error) return { error }
  const files = [...waitingOf(body), ...sent]
  if (files.length > most) return { error: { key: 'files.too_many', values: { count: most } } }
  // The form was kept while its sender signed in again; a browser can't keep files.
  if (body.had_files) return { error: { key: 'files.choose_again' } }
  if (value === '' && files.length === 0) return { error: { key: 'files.nothing' } }
  return { entry: { text: value, files } }
}

/** The tokens of the files that wait, but for the one that is being taken off. */
export const waitingOf = (body: Body): string[] => [...new Set([body.file ?? []].flat())].filter(token => token !== body.drop).slice(0, 100)

/** Writes an entry into a feed. Throws FilesGone when not all of its files are there. */
export async function addEntry (trx: Db, by: Viewer, card: Card, { text, files: tokens }: Entry): Promise<number> {
  const files = await findWaiting(trx, by, card, tokens)
  if (files.length < tokens.length) throw new FilesGone()
  return files.length > 0 ? showInFeed(trx, by, card, files, text) : addComment(trx, by, card, text)
}
