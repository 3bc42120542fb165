import { one } from '../../list-views/address.js'
import { idOf, readOne, text, typedText, type Body, type FieldErrors } from '../../web/form.js'
import type { ActsOnMany, Asked } from './action.js'

/** What was asked for on the page of an action, as far as it can be read without the database. */
export interface ActionForm {
  kind: string | null
  /** The rows that are ticked, or all that the list leaves. */
  of: 'selected' | 'matching'
  /** The list's address, behind its question mark. */
  within: string
  asked: Asked
  /** The number of rows, typed to confirm what can't be undone. */
  number: number | null
  errors: FieldErrors
  typed: Body
}

/** Reads an action's form, or the address of its page, which says the same. */
export function readActionForm (many: ActsOnMany, sent: unknown): ActionForm {
  const typed = (typeof sent === 'object' && sent !== null ? sent : {}) as Body
  const kind = Object.keys(many.kinds).find(kind => kind === one(typed.do)) ?? null
  const errors: FieldErrors = {}
  const asked = many.ask(kind, typed, errors)
  const { value: within = '' } = readOne(text(4000), typed.in)
  const number = idOf(typedText(typed, 'number').replace(/[\s.,'\u00a0\u202f]/g, ''))
  return { kind, of: one(typed.of) === 'selected' ? 'selected' : 'matching', within, asked, number, errors, typed }
}
