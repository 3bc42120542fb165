import { folded } from '../columns/names.js'
import type { SourceRow } from '../reading/reading.js'

/** The last row of a file; `isApart`: there are empty rows between it and the one above. */
export interface LastRow { isApart: boolean }

const OF_WHAT = '(?: (?:de |of |dos |de los )?(?:klientow|klienci|kontaktow|pozycji|wierszy|rekordow|clients|customers|contacts|rows|records|clientes|contactos|contatos|registros|registos|filas|linhas))?'
const LABEL = new RegExp(`^(?:razem|suma|suma koncowa|suma calkowita|ogolem|lacznie|w sumie|total|totals|grand total|overall total|sum|sum total|total general|suma total|totales|en total|total geral|totais|soma|soma total|no total)${OF_WHAT}$`)

// "25", "-1 234,50 zł", "R$ 1.500", "7.5%": what a table adds up or counts.
const AMOUNT = /^(?:R?\$|€|£)? ?[-+−]?\d[\d\s.,']{0,30}(?:%|zł|pln|eur|€|£|usd|\$|brl)?$/i
const LABELLED = /^(\p{L}[\p{L}\s]{0,40}?)\s?([:=])?\s?(R?\$?€?£? ?[-+−]?\d.{0,40})?$/u
// So many digits may be somebody's number.
const LEAST_OF_PHONE = 7

/**
 * Whether the last row of a file adds up those above: "Razem" or "Total" in one cell, and else only amounts, or nothing and empty rows above it.
 * A row that tells a client's number, a phone or an e-mail is somebody who is called so.
 */
export function isTotals ({ cells }: SourceRow, columns: readonly (string | null)[], { isApart }: LastRow): boolean {
  let labels = 0
  let amounts = 0
  for (const [column, cell] of cells.entries()) {
    if (cell === '') continue
    const target = columns[column] ?? ''
    if (AMOUNT.test(cell)) {
      if (target === 'id' || (target.startsWith('phone') && cell.replace(/\D/g, '').length >= LEAST_OF_PHONE)) return false
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
  let above: number | undefined
  for await (const rows of batches) {
    if (held) {
      above = held.at(-1)!.row
      yield { rows: held }
    }
    held = rows
  }
  if (!held) return
  above = held.at(-2)?.row ?? above
  yield { rows: held, ...(above !== undefined && { last: { isApart: held.at(-1)!.row > above + 1 } }) }
}
