import type { Knex } from 'knex'
import { anywhere, atStart } from '../database/like.js'
import { localOf } from '../web/zone.js'
import type { Condition } from './condition.js'

/** Where own values of a list's rows are kept: by what column of `table` (see VALUE_COLUMNS) they belong to `row`. */
export interface ValuesOf { table: string, owner: string, row: string }

type Test = [sql: string, ...bindings: (string | number)[]]

/**
 * Leaves the rows that meet the condition. `few`: all of them are read at once, rather than some of them in an order; `scarce`: of rows that are found
 * otherwise, by an index of their own. `now` says what "today" is.
 */
export function meeting (condition: Condition, { table, owner, row }: ValuesOf, timeZone: string, { few = false, scarce = false, now = new Date() } = {}) {
  const { field, how, values } = condition
  const has = (test: Test = ['']): Test => [`exists (select from ${table} v where v.${owner} = ${row} and v.field_id = ?${test[0] && ` and ${test[0]}`})`, field.id, ...test.slice(1)]
  const hasNot = (): Test => { const [sql, ...bindings] = has(); return [`not ${sql}`, ...bindings] }
  return (query: Knex.QueryBuilder) => {
    const where = ([sql, ...bindings]: Test) => { query.whereRaw(sql, bindings) }
    if (how === 'empty') return where(hasNot())
    if (how === 'filled') return where(has())
    if (few && how === 'contains' && field.kind !== 'unique_id') return where(containing(condition, { table, owner, row }, scarce))
    if (how !== 'among') return where(has(testOf(condition, timeZone, now)))
    const chosen = values.filter(value => value !== 'empty' && value !== 'filled')
    const either: Test[] = [...chosen.length > 0 ? [has(among(condition, chosen))] : [], ...values.includes('empty') ? [hasNot()] : [], ...values.includes('filled') ? [has()] : []]
    where([`(${either.map(([sql]) => sql).join(' or ')})`, ...either.flatMap(([, ...bindings]) => bindings)])
  }
}

function among ({ field: { kind } }: Condition, values: string[]): Test {
  const list = values.map(() => '?').join(', ')
  return kind === 'yes_no' ? [`v.number_value in (${list})`, ...values.map(value => value === 'yes' ? 1 : 0)] : [`v.option_id in (${list})`, ...values.map(Number)]
}

function testOf (condition: Condition, timeZone: string, now: Date): Test {
  const { field, how, text, from, to } = condition
  if (how === 'contains' || how === 'starts' || how === 'is') return textTest(field.kind === 'unique_id', how, text)
  if (field.kind === 'number') return between('v.number_value', '?::numeric', from, to)
  const [first, last] = how === 'between' ? [from, to] : daysFrom(how, localOf(now, timeZone).slice(0, 10))
  if (field.kind === 'date') return between('v.day_value', '?::date', first, last)
  // Both ends of a moment are minutes, or whole days, that belong to it.
  const [begin, end]: [Test | null, Test | null] = [
    first === '' ? null : ['v.moment_value >= ?::timestamp at time zone ?', first, timeZone],
    last === '' ? null : [`v.moment_value < (?::timestamp + interval '${last.length > 10 ? '1 minute' : '1 day'}') at time zone ?`, last, timeZone]
  ]
  return both(begin, end)
}

function between (column: string, value: string, from: string, to: string): Test {
  return both(from === '' ? null : [`${column} >= ${value}`, from], to === '' ? null : [`${column} <= ${value}`, to])
}

function both (...tests: (Test | null)[]): Test {
  const there = tests.filter(test => test !== null)
  return [there.map(([sql]) => sql).join(' and '), ...there.flatMap(([, ...bindings]) => bindings)]
}

const DAYS: Record<string, [from: number | null, to: number | null]> = { today: [0, 0], past: [null, -1], next_7: [0, 7], next_30: [0, 30], last_7: [-7, 0], last_30: [-30, 0] }

function daysFrom (how: string, today: string): [from: string, to: string] {
  const day = (days: number | null) => days === null ? '' : new Date(Date.parse(`${today}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
  const [from, to] = DAYS[how]!
  return [day(from), day(to)]
}

// The index has the first hundred characters; what stands behind them is looked up in the text itself.
const BEGINS = `v.sort_text like ${anywhere('fold(?)')}`
const BEHIND = `length(v.sort_text) = 100 and fold(v.text_value) like ${anywhere('fold(?)')}`

// Asked for by themselves, of all that are shorter nothing but the index is read, and those a hundred letters long have one of their own (migration 0059).
function containing ({ field, text }: Condition, { table, owner, row }: ValuesOf, scarce: boolean): Test {
  const values = `select v.${owner} from ${table} v where v.field_id = ? and`
  const isAmong = `${row} in (${values} ${BEGINS} union all ${values} ${BEHIND})`
  // Of how many have a text Postgres knows nothing: it would look up each of thousands, where it had better make a hash of them and go through the scarce.
  return [scarce ? `coalesce(${isAmong}, false)` : isAmong, field.id, text, field.id, text]
}

function textTest (isId: boolean, how: 'contains' | 'starts' | 'is', text: string): Test {
  if (isId) return how === 'is' ? ['v.unique_key = unique_key(?)', text] : [`v.unique_key like ${(how === 'starts' ? atStart : anywhere)('unique_key(?)')}`, text]
  if (how === 'is') return ['v.sort_text = left(fold(?), 100) and fold(v.text_value) = fold(?)', text, text]
  if (how === 'starts') return [`v.sort_text like ${atStart('left(fold(?), 100)')}`, text]
  return [`(${BEGINS} or ${BEHIND})`, text, text]
}
