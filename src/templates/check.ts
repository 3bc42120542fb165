import type { FieldError } from '../web/form.js'
import { namesIn, parseTemplate } from './engine.js'
import { nearest } from './variables.js'

/** What is wrong with a text: it can't be read, or names what there isn't, and then what was probably meant. */
export function checkText (source: string, names: readonly string[]): FieldError | null {
  const { pieces, error } = parseTemplate(source)
  if (error) return error
  const unknown = namesIn(pieces).find(name => !names.includes(name))
  return unknown === undefined ? null : { key: 'templates.unknown', values: { name: unknown.slice(0, 60), nearest: nearest(unknown, names) } }
}
