import { z } from 'zod'
import { issue, isDay, optionalDate, readOne, text, type Body, type FieldErrors } from '../web/form.js'
import type { DecimalMark } from '../web/format.js'
import { dayOf, instantOf, isOnTheClock } from '../web/zone.js'
import type { OwnField } from './definition.js'
import { parseNumber } from './number.js'
import { inOrder, isNothing, type OwnValue, type OwnValues } from './value.js'

/** The field's name in a form, and of what is wrong with it. */
export const nameOf = ({ key }: Pick<OwnField, 'key'>): string => `own.${key}`

export interface Reading {
  /** The company's: dates with a time are of its clocks. */
  timeZone: string
  /** Of those who type: "1.500" is more or less by it. Not said, a lone mark is the decimal one. */
  decimalMark?: DecimalMark | undefined
  /** What the client has already: an option that is no longer offered may stay. */
  current?: OwnValues
}

/**
 * Reads own fields from a body, where each stands under `own.<key>`: as a form sends them, and so an import or the API (choices by the
 * option's id). Never throws; each field's error stands under its name.
 */
export function readValues (fields: readonly OwnField[], body: Body, { timeZone, decimalMark, current = {} }: Reading): { values: OwnValues, errors: FieldErrors } {
  const values: OwnValues = {}
  const errors: FieldErrors = {}
  for (const field of fields) {
    const read = readOne(schemaOf(field, timeZone, decimalMark), body[nameOf(field)])
    if (read.error) errors[nameOf(field)] = read.error
    else if (isStale(field, read.value, current[field.key] ?? null)) errors[nameOf(field)] = { key: 'own.gone_choice' }
    else values[field.key] = read.value
  }
  return { values, errors }
}

// An option nobody is offered any more may be kept, not chosen.
function isStale ({ options }: OwnField, value: OwnValue, current: OwnValue): boolean {
  const had = [current].flat()
  return options.length > 0 && [value].flat().some(id => !had.includes(id as number) && options.some(option => option.id === id && option.retired))
}

const made = new WeakMap<OwnField, Map<string, z.ZodType<OwnValue>>>()

/** The schema of one field: takes what is typed or chosen, gives its value or says what is wrong with it. */
export function schemaOf (field: OwnField, timeZone: string, decimalMark?: DecimalMark): z.ZodType<OwnValue> {
  const schemas = made.get(field) ?? new Map<string, z.ZodType<OwnValue>>()
  made.set(field, schemas)
  const reads = `${timeZone} ${decimalMark}`
  let schema = schemas.get(reads)
  if (!schema) schemas.set(reads, schema = makeSchema(field, timeZone, decimalMark))
  return schema
}

function makeSchema (field: OwnField, timeZone: string, decimalMark?: DecimalMark): z.ZodType<OwnValue> {
  const orNothing = (schema: z.ZodType<string>) => schema.transform(value => value === '' ? null : value)
  switch (field.kind) {
    case 'short_text': return orNothing(text(200).refine(value => !value.includes('\n'), { error: 'own.one_line' }))
    case 'long_text': return orNothing(text(10_000))
    case 'unique_id': return orNothing(text(60).refine(value => !value.includes('\n'), { error: 'own.one_line' }))
    case 'number': return text(40).transform((value, context) => number(value, context, decimalMark))
    case 'yes_no': return text(10).transform(yesOrNo)
    case 'date': return optionalDate
    case 'date_time': return text(30).transform((value, context) => moment(value, context, timeZone))
    case 'link': return text(2000).transform(link)
    case 'one_choice': return text(20).transform((value, context) => choose(field, value === '' ? [] : [value], context)[0] ?? null)
    case 'several_choices': return z.preprocess(value => [value ?? []].flat(), z.array(z.string()))
      .transform((values, context) => choose(field, values.filter(value => value !== ''), context))
  }
}

type Context = z.core.$RefinementCtx

function number (value: string, context: Context, decimalMark?: DecimalMark): number | null {
  if (value === '') return null
  const read = parseNumber(value, decimalMark)
  if (read === null) context.addIssue(issue('own.number'))
  return read
}

function yesOrNo (value: string, context: Context): boolean | null {
  if (value !== '' && value !== 'yes' && value !== 'no') context.addIssue(issue('form.choose'))
  return value === '' ? null : value === 'yes'
}

function moment (value: string, context: Context, timeZone: string): string | null {
  if (value === '') return null
  const [, day = '', time = ''] = /^(\S{10})[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::\d\d)?$/.exec(value) ?? []
  const local = isDay(day) && day >= '1900' && day < '2200' ? `${day}T${time}` : null
  if (local && isOnTheClock(local, timeZone)) return instantOf(local, timeZone).toISOString()
  context.addIssue(issue(local ? 'tasks.time_left_out' : 'own.date_time'))
  return null
}

/** Only addresses that a browser opens as a page; one without "https://" is given it. */
function link (value: string, context: Context): string | null {
  if (value === '') return null
  const address = /^[a-z][a-z0-9+.-]*:/i.test(value) && !/^[^/]+\.[^/]+:\d/.test(value) ? value : `https://${value}`
  const url = /\s/.test(address) || !URL.canParse(address) ? null : new URL(address)
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.')) return address
  context.addIssue(issue('own.link'))
  return null
}

function choose (field: OwnField, values: readonly string[], context: Context): number[] {
  const known = new Set(field.options.map(({ id }) => String(id)))
  if (values.some(value => !known.has(value))) context.addIssue(issue('own.gone_choice'))
  return inOrder(field, values.map(Number))
}

/** What a new client begins with: the defaults, `now` deciding what today is. */
export function defaultValues (fields: readonly OwnField[], timeZone: string, now = new Date()): OwnValues {
  return Object.fromEntries(fields.map(field => [field.key, defaultOf(field, timeZone, now)]))
}

function defaultOf (field: OwnField, timeZone: string, now: Date): OwnValue {
  const { kind, default_value: typed, options } = field
  const chosen = options.filter(option => option.is_default && !option.retired).map(({ id }) => id)
  if (kind === 'several_choices') return chosen
  if (kind === 'one_choice') return chosen[0] ?? null
  if (isNothing(typed)) return null
  const minute = now.toISOString().slice(0, 16)
  if (kind === 'date_time') return `${minute}:00.000Z`
  const read = readOne(schemaOf(field, timeZone), kind === 'date' ? dayOf(now, timeZone) : typed)
  return read.value ?? null
}
