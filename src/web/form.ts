import { z } from 'zod'
import { isDay, isEmail } from './shape.js'

export { isDay, isEmail }

/** What is wrong with one field: words in the locales, and what they mention. */
export interface FieldError { key: string, values?: Record<string, unknown> }

/** Errors by the field's name in the form. */
export type FieldErrors = Record<string, FieldError>

/** A submitted body as @fastify/formbody gives it. */
export type Body = Record<string, string | string[] | undefined>

/** A form that was read: values when all is well, errors when not, and what was typed in either case. */
export type Form<T> =
  | { values: T, errors?: undefined, typed: Body }
  | { values?: undefined, errors: FieldErrors, typed: Body }

/** Fails a zod check with words of ours. */
export const issue = (key: string, values?: Record<string, unknown>) => ({ code: 'custom' as const, message: key, params: values, input: undefined })

// NUL and the other control characters: Postgres refuses the first, nobody can read the others.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

// What takes no room or shows nothing (zero-width spaces, marks of direction, fillers): alone it says nothing.
const NOTHING_SEEN = /^[\p{Default_Ignorable_Code_Point}\p{White_Space}\u2800]+$/u

/** A text of one or more lines: composed (NFC), trimmed, without control characters, `max` characters at most, possibly empty; of which nothing can be seen it is. */
export const text = (max: number) => z.preprocess(first, z.string().default('').transform((value, context) => {
  const whole = value.normalize('NFC').replace(/\r\n?/g, '\n').trim()
  const clean = NOTHING_SEEN.test(whole) ? '' : whole
  if (CONTROL.test(clean)) context.addIssue(issue('form.control_characters'))
  else if (clean.length > max) context.addIssue(issue('form.too_long', { max, length: clean.length }))
  return clean
}))

/** A text that has to be there. */
export const required = (max: number) => text(max).refine(value => value !== '', { error: 'form.required' })

/** A checkbox: on when it was sent at all with anything but "" or "0". */
export const tick = z.preprocess(last, z.string().optional().transform(value => value !== undefined && value !== '' && value !== '0' && value !== 'off'))

/** An e-mail address that has to be there. */
export const email = required(254).refine(value => value === '' || isEmail(value), { error: 'form.email' })

/** One of the values given; anything else is refused. */
export const oneOf = <const T extends string>(values: readonly T[]) =>
  z.preprocess(last, z.string().default('')).refine((value): value is T => (values as readonly string[]).includes(value), { error: 'form.choose' }) as unknown as z.ZodType<T>

/** The id of a row, from a choice that may be left empty. */
export const optionalId = z.preprocess(last, z.string().default('')).transform((value, context): number | null => {
  if (value === '') return null
  const id = idOf(value)
  if (id === null) context.addIssue(issue('form.choose'))
  return id
})

/** Ids of rows, from checkboxes or several fields of one name. */
export const ids = z.preprocess(value => value === undefined ? [] : Array.isArray(value) ? value : [value], z.array(z.string()))
  .transform(values => [...new Set(values.map(idOf).filter(id => id !== null))])

/** The positive whole number that stands for a row, or null when it can't be one. */
export function idOf (value: unknown): number | null {
  return typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : null
}

/** A day between 1900 and 2200, or null when empty. */
export const optionalDate = text(20).transform((value, context): string | null => {
  if (value === '') return null
  if (!isDay(value) || value < '1900' || value > '2200') context.addIssue(issue('form.date'))
  return value
})

/** Reads a body by a schema. Never throws on bad input: each field's first error stands under the field's name. */
export function readForm<T extends z.ZodType> (schema: T, body: unknown): Form<z.output<T>> {
  const typed = (typeof body === 'object' && body !== null ? body : {}) as Body
  const read = schema.safeParse(typed)
  if (read.success) return { values: read.data, typed }
  const errors: FieldErrors = {}
  for (const problem of read.error.issues) {
    const name = problem.path.join('.') || 'form'
    errors[name] ??= said(problem)
  }
  return { errors, typed }
}

/** Reads one value as readForm reads a body's. */
export function readOne<T extends z.ZodType> (schema: T, value: unknown): { value: z.output<T>, error?: undefined } | { value?: undefined, error: FieldError } {
  const read = schema.safeParse(value)
  return read.success ? { value: read.data } : { error: said(read.error.issues[0]!) }
}

// Our messages are keys of the locales; zod's own are sentences for programmers.
function said (problem: z.core.$ZodIssue): FieldError {
  const key = /^[a-z_]+\.[a-z_]+$/.test(problem.message) ? problem.message : 'form.invalid'
  return { key, ...('params' in problem && { values: problem.params as Record<string, unknown> }) }
}

/** A form that was right by itself and wrong by what the database knows. */
export const refused = (typed: Body, errors: FieldErrors): Form<never> => ({ errors, typed })

/** What was typed into one field, as its input shows it again. */
export const typedText = (typed: Body, name: string): string => String(first(typed[name]) ?? '')

function first (value: unknown): unknown { return Array.isArray(value) ? value[0] : value }
function last (value: unknown): unknown { return Array.isArray(value) ? value.at(-1) : value }
