import { readOne, text, type Body, type FieldErrors } from '../../web/form.js'

export const tagName = text(60)

/** Reads the name of one tag; '' when nothing was typed, an error under `tag` when it can't be one. */
export function readTagName (typed: unknown): { name: string, errors: FieldErrors } {
  const { value, error } = readOne(tagName, typed)
  return error ? { name: '', errors: { tag: error } } : { name: value.replace(/\s+/g, ' ').replace(/^[\s,#]+|[\s,]+$/g, ''), errors: {} }
}

// What was typed at once, "vip, bikes", where no script has made a tag of each.
const typedTags = (typed: unknown): unknown[] => typeof typed === 'string' ? typed.split(',') : [typed]

/** The tags of a new client: those already put there and the one still in the input, each once. Errors are written to `errors.tag`. */
export function readTagNames (body: Body, errors: FieldErrors): string[] {
  const put = body.tag_names === undefined ? [] : [body.tag_names].flat()
  const names = new Map<string, string>()
  for (const typed of [...put, ...typedTags(body.tag)].slice(0, 50)) {
    const read = readTagName(typed)
    Object.assign(errors, read.errors)
    if (read.name) names.set(read.name.toLowerCase(), read.name)
  }
  return [...names.values()]
}
