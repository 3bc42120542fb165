import { Readable } from 'node:stream'
import type { Db } from '../../database/knex.js'
import { joinValues } from '../../imports/columns/values.js'
import { BOM, csvLine } from '../../web/csv.js'
import { writeWorkbook, type XlsxCell } from '../../web/xlsx.js'
import type { ExportColumn } from './column.js'
import { readByCursor, type Statement } from './queries.js'

/** All that an export needs to know, so that a process can make it that knows nothing else. */
export interface ExportPlan {
  format: 'xlsx' | 'csv'
  /** What the sheet is called; what stands between the cells of a CSV, and in its numbers. */
  sheet: string
  separator: string
  decimalMark: string
  columns: readonly ExportColumn[]
  statements: readonly Statement[]
  words: { yes: string, no: string, person: string, company: string }
}

/** The exported file, made while it is read: of the clients only a batch is in memory. */
export function exportFile (db: Db, plan: ExportPlan): Readable {
  const rows = cells(db, plan)
  if (plan.format === 'xlsx') return writeWorkbook([{ name: plan.sheet, columns: plan.columns, rows }])
  return Readable.from(csv(plan, rows), { objectMode: false })
}

async function * cells (db: Db, plan: ExportPlan): AsyncGenerator<XlsxCell[][]> {
  for await (const rows of readByCursor(db, plan.statements)) {
    yield rows.map(row => {
      const own = ownValues(row.own)
      return plan.columns.map(column => cellOf(row, own, column, plan.words))
    })
  }
}

async function * csv ({ columns, separator, decimalMark }: ExportPlan, batches: AsyncIterable<XlsxCell[][]>): AsyncGenerator<string> {
  yield BOM + csvLine(columns.map(({ title }) => title), separator)
  const plain = (cell: XlsxCell) => typeof cell === 'object' ? cell?.day ?? null : cell
  for await (const rows of batches) yield rows.map(row => csvLine(row.map(plain), separator, decimalMark)).join('')
}

type Values = Map<number, string[]>

function ownValues (rows: [field: number, value: string][] | null | undefined): Values {
  const values: Values = new Map()
  for (const [field, value] of rows ?? []) values.set(field, [...values.get(field) ?? [], value])
  return values
}

interface Contact { value: string, on: string[], type?: number }

function cellOf (row: Record<string, any>, own: Values, column: ExportColumn, words: ExportPlan['words']): XlsxCell {
  const { name, field } = column
  if (field) return ownCell(own.get(field.id) ?? [], field, words)
  const phones = (row.phones ?? []) as Contact[]
  if (name.startsWith('phone:')) return joinValues(phones.filter(({ type }) => type === Number(name.slice('phone:'.length))).map(({ value }) => value))
  if (name.startsWith('consent.')) return agreeing(name === 'consent.email' ? row.emails ?? [] : phones, name.slice('consent.'.length), words)
  switch (name) {
    case 'kind': return words[row.kind as 'person' | 'company']
    case 'is_supplier': case 'is_conflicted': return row[name] ? words.yes : words.no
    case 'email': return joinValues(((row.emails ?? []) as Contact[]).map(({ value }) => value))
    case 'tag': return joinValues(row.tags ?? [])
    case 'discount_services': return row.price_services ?? (row.discount_services || null)
    case 'discount_products': return row.price_products ?? (row.discount_products || null)
    case 'created': case 'active': case 'archived': return row[name] && { day: row[name] }
    default: return row[name] ?? null
  }
}

// Texts of Postgres, as they are kept: see the migration that made client_values.
function ownCell (values: readonly string[], { kind, options }: NonNullable<ExportColumn['field']>, words: ExportPlan['words']): XlsxCell {
  const [value] = values
  if (value === undefined) return null
  switch (kind) {
    case 'yes_no': return Number(value) === 1 ? words.yes : words.no
    case 'number': return Number(value)
    case 'date': case 'date_time': return { day: value }
    case 'one_choice': return options[Number(value)] ?? null
    case 'several_choices': return joinValues(Object.keys(options).filter(id => values.includes(id)).map(id => options[Number(id)]!))
    default: return value
  }
}

/** Whoever may be written to: "yes" where that is all of them, else those meant. */
function agreeing (contacts: readonly Contact[], channel: string, { yes, no }: ExportPlan['words']): XlsxCell {
  const agree = contacts.filter(({ on }) => on.includes(channel))
  if (contacts.length === 0) return null
  return agree.length === 0 ? no : agree.length === contacts.length ? yes : joinValues(agree.map(({ value }) => value))
}
