import { all, one } from '../../list-views/address.js'
import { idOf, readOne, text, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { readTagNames } from '../tags/form.js'
import { isActionKind, type ActionKind } from './action.js'

/** What was asked for on the page of an action, as far as it can be read without the database. */
export interface ActionForm {
  kind: ActionKind | null
  /** The clients that are ticked, or all that the list leaves. */
  of: 'selected' | 'matching'
  /** The list's address, behind its question mark. */
  within: string
  /** Names of tags to put on; ids of those to take off; the campaign or location to set, null: none. */
  tagNames: string[]
  tagIds: number[]
  to: number | null
  /** The number of clients, typed to confirm that they are to be deleted for good. */
  number: number | null
  errors: FieldErrors
  typed: Body
}

/** Reads an action's form, or the address of its page, which says the same. */
export function readActionForm (sent: unknown): ActionForm {
  const typed = (typeof sent === 'object' && sent !== null ? sent : {}) as Body
  const kind = one(typed.do)
  const errors: FieldErrors = {}
  const tagNames = kind === 'add_tags' ? readTagNames(typed, errors) : []
  const tagIds = all(typed.tag_id).map(idOf).filter(id => id !== null)
  const { value: within = '' } = readOne(text(4000), typed.in)
  if (kind === 'add_tags' && tagNames.length === 0) errors.tag ??= { key: 'tags.empty' }
  if (kind === 'remove_tags' && tagIds.length === 0) errors.tag_id = { key: 'form.choose' }
  const to = typedText(typed, 'to')
  if ((kind === 'set_campaign' || kind === 'set_location') && to !== 'none' && idOf(to) === null) errors.to = { key: 'form.choose' }
  const number = idOf(typedText(typed, 'number').replace(/[\s.,'\u00a0\u202f]/g, ''))
  return { kind: isActionKind(kind) ? kind : null, of: one(typed.of) === 'selected' ? 'selected' : 'matching', within, tagNames, tagIds, to: idOf(to), number, errors, typed }
}
