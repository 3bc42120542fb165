import type { DecimalMark } from '../web/format.js'

const MOST_DIGITS = 15
const MOST_DECIMALS = 6

/**
 * A number as people type it: "1234.5", "1 234,5", "1.234,5", "-3". Of a point and a comma the last is the decimal one, and so is a lone one,
 * unless the typist's decimal mark is said and this is the other before three digits: the Spanish "1.500" is fifteen hundred.
 * Null when it is none, or has more digits than can be kept (15, 6 of them decimals).
 */
export function parseNumber (typed: string, decimalMark?: DecimalMark): number | null {
  const plain = typed.replace(/[\s'’_]/g, '').replace('−', '-')
  const decimal = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','))
  const mark = plain[decimal] ?? ''
  const isThousands = decimalMark !== undefined && mark !== decimalMark && /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(plain)
  const isGrouped = mark !== '' && (plain.indexOf(mark) !== decimal || isThousands)
  const whole = isGrouped || decimal === -1 ? plain : plain.slice(0, decimal)
  const rest = isGrouped || decimal === -1 ? '' : plain.slice(decimal + 1)
  // "1.234.567" and the thousands of "1.234,5" stand in threes.
  const digits = /^[+-]?\d+$/.test(whole) ? whole : /^[+-]?\d{1,3}([.,]\d{3})+$/.test(whole) ? whole.replace(/[.,]/g, '') : null
  if (digits === null || !/^\d*$/.test(rest) || (decimal !== -1 && !isGrouped && rest === '')) return null
  if (rest.length > MOST_DECIMALS || digits.replace(/\D/g, '').length + rest.length > MOST_DIGITS) return null
  return Number(`${digits}.${rest || 0}`) + 0
}
