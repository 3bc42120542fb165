import type { DecimalMark } from '../../../web/format.js'
import type { SourceRow } from '../reading.js'

// A number that can only be read in one way: with both marks, the thousands in threes, or with other than three decimals.
const BY_COMMA = /^[+-]?(?:\d{1,3}(?:[. ]\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,6}))$/
const BY_POINT = /^[+-]?(?:\d{1,3}(?:[, ]\d{3})+\.\d+|\d+\.(?:\d{1,2}|\d{4,6}))$/

/**
 * What stands before the decimals of a text's numbers: "1.500" is one and a half here and fifteen hundred there. As its numbers show; where none does, cells
 * with semicolons between them come from where the comma is taken. Undefined where nothing tells.
 */
export function decimalMarkOf (rows: readonly SourceRow[], delimiter: string): DecimalMark | undefined {
  let commas = 0
  let points = 0
  for (const { cells } of rows) {
    for (const cell of cells) {
      if (BY_COMMA.test(cell)) commas++
      else if (BY_POINT.test(cell)) points++
    }
  }
  if (commas !== points) return commas > points ? ',' : '.'
  return delimiter === ';' ? ',' : undefined
}
