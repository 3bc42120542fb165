import { z } from 'zod'
import { idOf, ids, readOne, required, typedText, type Body, type FieldErrors } from '../web/form.js'
import type { ChoicesFilter, Instead, Step } from './queries.js'

// So many are merged at once; more make a page that nobody reads.
const MOST = 100

/** The name of a choice: it has to be there, and is one line. */
export const choiceName = (max: number) => required(max).transform(name => name.replace(/\s+/g, ' '))

/** Reads the address of a list's page. What makes no sense in it is left out. */
export function readChoicesFilter (query: unknown): ChoicesFilter {
  const given = (query ?? {}) as Body
  const after = idOf(given.after)
  // eslint-disable-next-line no-control-regex
  const q = typedText(given, 'q').normalize('NFC').replace(/[\u0000-\u001f\u007f]+/g, ' ').trim().slice(0, 100)
  return { q, after, before: after === null ? idOf(given.before) : null }
}

/** The address that shows this page of a list. */
export function choicesPath (url: string, { q, after, before }: ChoicesFilter): string {
  const query = new URLSearchParams({ ...(q && { q }), ...(after && { after: String(after) }), ...(before && { before: String(before) }) }).toString()
  return query ? `${url}?${query}` : url
}

/** The choices that are ticked. */
export const readTicked = (given: unknown): number[] => (readOne(ids, (given as Body | undefined)?.id).value ?? []).slice(0, MOST)

/** Which choices become one, and which of them that is; null while that isn't said. */
export const readMerge = (body: unknown): { ids: number[], into: number | null } => ({ ids: readTicked(body), into: idOf((body as Body | undefined)?.into) })

/** What a button or a drag says of a list's order; undefined when it says nothing that could be. */
export function readStep (body: unknown): { id: number, step: Step } | 'by name' | undefined {
  const sent = (body ?? {}) as Body
  if (sent.sort === 'name') return 'by name'
  for (const step of ['up', 'down'] as const) {
    const id = idOf(sent[step])
    if (id !== null) return { id, step }
  }
  const [id, aheadOf, behind] = [idOf(sent.moved), idOf(sent.ahead_of), idOf(sent.behind)]
  if (id === null) return undefined
  return aheadOf !== null ? { id, step: { aheadOf } } : behind !== null ? { id, step: { behind } } : undefined
}

/** What a form says of what shall be had instead of what it deletes: an answer, nothing, or an error beside the field. */
export function readInstead (body: unknown): { instead: Instead | undefined, errors: FieldErrors } {
  const sent = (body ?? {}) as Body
  if (sent.instead === 'none') return { instead: 'none', errors: {} }
  if (sent.other !== undefined) {
    const id = idOf(sent.other)
    return id === null ? { instead: undefined, errors: { other: { key: 'choices.choose_another' } } } : { instead: { id }, errors: {} }
  }
  if (sent.tag === undefined) return { instead: undefined, errors: {} }
  const { value, error } = readOne(z.preprocess(typed => typed, required(100)), sent.tag)
  return error ? { instead: undefined, errors: { tag: error } } : { instead: { name: value }, errors: {} }
}
