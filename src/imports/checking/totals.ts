import { WRITTEN_DAY } from '../../form-editor/kind/convert.js'
import { nameOf } from '../../form-editor/schema.js'
import { folded } from '../columns/names.js'
import type { SourceRow } from '../reading/reading.js'
import type { Plan } from './plan.js'

/** The last row of a file; `isApart`: there are empty rows between it and the one above; `isCounted`: its first cell has the number after that of the one above. */
export interface LastRow { isApart: boolean, isCounted: boolean }

const OF_WHAT = '(?: (?:de |of |dos |de los )?(?:klientow|klienci|kontaktow|pozycji|wierszy|rekordow|clients|customers|contacts|rows|records|clientes|contactos|contatos|registros|registos|filas|linhas))?'
const LABEL = new RegExp(`^(?:razem|suma|suma koncowa|suma calkowita|ogolem|lacznie|w sumie|total|totals|grand total|overall total|sum|sum total|total general|suma total|totales|en total|total geral|totais|soma|soma total|no total)${OF_WHAT}$`)

// "25", "-1 234,50 zł", "R$ 1.500", "7.5%": what a table adds up or counts.
const AMOUNT = /^(?:R?\$|€|£)? ?[-+−]?\d[\d\s.,']{0,30}(?:%|zł|pln|eur|€|£|usd|\$|brl)?$/i
const LABELLED = /^(\p{L}[\p{L}\s]{0,40}?)\s?([:=])?\s?(R?\$?€?£? ?[-+−]?\d.{0,40})?$/u
// So many digits may be somebody's number.
const LEAST_OF_PHONE = 7
// And so many before a decimal mark are hardly a sum, but a phone or a tax number in a column that is left out.
const LEAST_OF_ANY = 9

/**
 * Whether the last row of a file adds up those above: "Razem" or "Total" in one cell, and else only amounts, or nothing and empty rows above it.
 * A row that goes on counting the clients or tells anything of one, a number, a day, a phone or an e-mail, is somebody who is called so.
 */
export function isTotals ({ cells }: SourceRow, { columns, shape }: Pick<Plan, 'columns' | 'shape'>, { isApart, isCounted }: LastRow): boolean {
  if (isCounted) return false
  let labels = 0
  let amounts = 0
  for (const [column, cell] of cells.entries()) {
    if (cell === '') continue
    const target = columns[column] ?? ''
    if (AMOUNT.test(cell)) {
      const digits = cell.replace(/[.,]\d{1,2}(?!\d)\D*$/, '').replace(/\D/g, '').length
      if (target === 'id' || digits >= (target.startsWith('phone') ? LEAST_OF_PHONE : LEAST_OF_ANY) || WRITTEN_DAY.test(cell)) return false
      if (shape.fields.some(field => nameOf(field) === target && field.kind !== 'number')) return false
      amounts++
      continue
    }
    const [, label, sign, amount] = LABELLED.exec(cell) ?? []
    if (label === undefined || /^(?:phone|email|id$)/.test(target) || !LABEL.test(folded(label)) || (amount !== undefined && !AMOUNT.test(amount))) return false
    labels++
    // "Total 3" may be what somebody is called.
    if (sign !== undefined && amount !== undefined) amounts++
  }
  return labels === 1 && (amounts > 0 || isApart)
}

/** The same batches, the last with how its last row stands; of a file of one row nothing is said. */
export async function * sayingLast (batches: AsyncIterable<SourceRow[]>): AsyncGenerator<{ rows: SourceRow[], last?: LastRow }> {
  let held: SourceRow[] | undefined
  let above: SourceRow | undefined
  for await (const rows of batches) {
    if (held) {
      above = held.at(-1)
      yield { rows: held }
    }
    held = rows
  }
  if (!held) return
  above = held.at(-2) ?? above
  const last = held.at(-1)!
  yield { rows: held, ...(above && { last: { isApart: last.row > above.row + 1, isCounted: countOf(last) === countOf(above) + 1 } }) }
}

const countOf = ({ cells: [first = ''] }: SourceRow): number => /^\d{1,7}\.?$/.test(first) ? Number.parseInt(first, 10) : Number.NaN
