import type { FieldKind } from '../form-editor/definition.js'
import { parseNumber } from '../form-editor/number.js'
import { nameOf } from '../form-editor/schema.js'
import type { ListField } from '../form-editor/shape.js'
import { isDay } from '../web/form.js'
import type { DecimalMark } from '../web/format.js'
import { all, one, typed, type Pairs, type Query } from './address.js'

const TEXT = ['contains', 'starts', 'is', 'empty', 'filled'] as const
const DAYS = ['between', 'today', 'past', 'next_7', 'next_30', 'last_7', 'last_30', 'empty', 'filled'] as const

/** How a filter can ask for a field of each kind; the first is meant when an address doesn't say. */
export const HOWS = {
  short_text: TEXT,
  long_text: TEXT,
  link: TEXT,
  unique_id: ['is', 'starts', 'contains', 'empty', 'filled'],
  number: ['between', 'empty', 'filled'],
  date: DAYS,
  date_time: DAYS,
  yes_no: ['among'],
  one_choice: ['among'],
  several_choices: ['among']
} as const satisfies Record<FieldKind, readonly string[]>
export type How = (typeof HOWS)[FieldKind][number]

/** What a filter asks of one own field. */
export interface Condition {
  field: ListField
  how: How
  /** `among`: any of these: ids of options, "yes", "no"; "empty" is no value, "filled" any. */
  values: string[]
  /** `contains`, `starts`, `is`: what was typed. */
  text: string
  /** `between`: both included, either may be ''. Numbers as "1.5", days as "2026-11-03", moments as "2026-11-03T10:30" by the company's clocks. */
  from: string
  to: string
}

const MOST_CONDITIONS = 20
const MOST_VALUES = 50

/** The conditions on own fields in an address: `own.<key>`, and with `.how`, `.from` and `.to` behind it. What makes no sense is left out. */
export function readConditions (fields: readonly ListField[], query: Query, decimalMark?: DecimalMark): Condition[] {
  if (!Object.keys(query).some(name => name.startsWith('own.'))) return []
  return fields.map(field => readCondition(field, query, decimalMark)).filter(condition => condition !== null).slice(0, MOST_CONDITIONS)
}

/** The keys of own fields that an address asks something of in vain: they are gone or hidden, of another kind, or what is asked can't be read. */
export function askedInVain (query: Query, conditions: readonly Condition[]): string[] {
  const keys = Object.keys(query).flatMap(name => {
    const [, key = '', part = ''] = /^own\.(\w+)(\.from|\.to|\.how)?$/.exec(name) ?? []
    const asks = all(query[name]).some(value => value !== '' && !(part === '.how' && NEEDS_MORE.has(value)))
    const met = conditions.find(({ field }) => field.key === key)
    const isLost = !met || (met.how === 'between' && (part === '.from' ? met.from === '' : part === '.to' && met.to === ''))
    return key !== '' && asks && isLost ? [key] : []
  })
  return [...new Set(keys)]
}

const NEEDS_MORE: ReadonlySet<string> = new Set(['among', 'between', 'contains', 'starts', 'is'])

function readCondition (field: ListField, query: Query, decimalMark?: DecimalMark): Condition | null {
  const name = nameOf(field)
  const hows: readonly How[] = HOWS[field.kind]
  const how = hows.find(how => how === one(query[`${name}.how`])) ?? hows[0]!
  const condition: Condition = { field, how, values: [], text: '', from: '', to: '' }
  if (how === 'among') condition.values = valuesAmong(field, all(query[name]))
  else if (how === 'between') Object.assign(condition, { from: bound(field.kind, one(query[`${name}.from`]), false, decimalMark), to: bound(field.kind, one(query[`${name}.to`]), true, decimalMark) })
  else if (isTyped(how)) condition.text = typed(query[name], 200)
  return asksForNothing(condition) ? null : condition
}

/** Whether this how wants words typed. */
export const isTyped = (how: How): boolean => how === 'contains' || how === 'starts' || how === 'is'

const asksForNothing = ({ how, values, text, from, to }: Condition): boolean =>
  (how === 'among' && values.length === 0) || (how === 'between' && from === '' && to === '') || (isTyped(how) && text === '')

function valuesAmong ({ kind, options }: ListField, sent: string[]): string[] {
  const known = kind === 'yes_no' ? ['yes', 'no'] : options.map(({ id }) => String(id))
  return [...known, 'empty', 'filled'].filter(value => sent.includes(value)).slice(0, MOST_VALUES)
}

function bound (kind: FieldKind, value: string, isEnd: boolean, decimalMark?: DecimalMark): string {
  if (kind === 'number') return String(parseNumber(value, decimalMark) ?? '')
  if (kind === 'date') return isDay(value) ? value : ''
  const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d))?$/.exec(value) ?? []
  return isDay(day) ? `${day}T${time || (isEnd ? '23:59' : '00:00')}` : ''
}

/** A condition as it stands in an address. */
export function conditionPairs ({ field, how, values, text, from, to }: Condition): Pairs {
  const name = nameOf(field)
  return ([
    ...values.map(value => [name, value]),
    [name, text], [`${name}.from`, from], [`${name}.to`, to],
    [`${name}.how`, how === HOWS[field.kind][0] ? '' : how]
  ] as Pairs).filter(([, value]) => value !== '')
}
