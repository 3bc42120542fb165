import { readNumber, type PhoneNumber } from '../../clients/phones/number.js'
import { splitJoined, splitValues } from '../columns/values.js'

/** A number as it is kept, without the ".0" of a table that took it for a quantity. One that lost its plus on the way through a spreadsheet is read with it when it is none without. */
export function numberOf (typed: string, country: string): PhoneNumber {
  const plain = typed.replace(/^(\+?\d{7,15})\.0$/, '$1')
  const number = readNumber(plain, country)
  if (number.e164 || !/^\d{10,15}$/.test(plain)) return { ...number, typed }
  const whole = readNumber(`+${plain}`, country)
  return whole.e164 ? { ...whole, typed } : { ...number, typed }
}

/** "697000111 / 697000112" is two numbers as well, and so is "697000111 i 697000112". */
export const splitNumbers = (cell: string): string[] => /[,;|/\n]/.test(cell) ? splitValues(cell).flatMap(splitJoined).flatMap(bySlash) : splitJoined(cell)

const bySlash = (part: string): string[] => (part.match(/\d/g)?.length ?? 0) > 13 ? part.split('/').map(one => one.trim()).filter(Boolean) : [part]
