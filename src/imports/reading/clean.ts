import { LIMITS } from './limits.js'

// What most cells are made of; they are left as they are.
const PLAIN = /^[!-~\u00a1-\u00ac\u00ae-\u02ff]+(?: [!-~\u00a1-\u00ac\u00ae-\u02ff]+)*$/

// Spaces of any width become one; what has no width at all (but joiners of scripts and emoji) and control characters go.
const ODD_SPACES = /[^\S\n\r ]|\u3164/g
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/g

// A name, an address; longer ones are notes, which may be set out by spaces.
const SHORT = 200

/** A cell as it is kept: composed, trimmed, with plain spaces (one at a time but in a long text) and line ends, and nothing that can't be seen. */
export function cleaned (text: string): string {
  if (text === '' || PLAIN.test(text)) return text.length > LIMITS.cell ? text.slice(0, LIMITS.cell) : text
  const plain = text.slice(0, LIMITS.cell).normalize('NFC').replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n').replace(INVISIBLE, '').replace(ODD_SPACES, ' ').replace(/ +$/gm, '').trim()
  return plain.length <= SHORT ? plain.replace(/ {2,}/g, ' ') : plain
}

/** A cell of our own export as it was: what somebody typed with two spaces comes back with two. */
export const asItWas = (text: string): string => text.slice(0, LIMITS.cell).replace(/\r\n?/g, '\n')

/** How the text of a cell is kept. */
export type Keep = (text: string) => string

/** Digits of a number as a workbook keeps it: without an exponent, and without what only the binary form added. */
export function plainNumber (value: string): string {
  if (/^-?\d{1,15}$/.test(value)) return value
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number)) return value
  const exact = Number(number.toPrecision(15))
  const text = String(exact)
  if (!text.includes('e')) return text
  if (Number.isInteger(exact)) return BigInt(exact).toString()
  return exact.toFixed(20).replace(/\.?0+$/, '')
}

/** Whether a cell holds what a spreadsheet shows instead of a result: "#REF!", "#N/A". */
export const isCellError = (text: string): boolean => text.startsWith('#') && /^#(?:REF!|N\/A|VALUE!|DIV\/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|ERROR!|FIELD!|ADR!|ARG!|[¿]?NOMBRE\?|NAZWA\?|NOME\?|VALOR!|NÚM!|NULO!|¡REF!|¡VALOR!|¡DIV\/0!|¡NUM!|¡NULO!|LICZBA!|ZERO!|DZIEL\/0!|N\/D!?)$/i.test(text)

/** The same number without its exponent, when all its digits are there: "6.00100205E8"; else the text as it is. */
export function unshortened (text: string): string {
  const [, whole, decimals = '', power] = /^(\d)[.,](\d{6,14})E\+?0?(\d{1,2})$/i.exec(text) ?? []
  return whole && decimals.length === Number(power) ? whole + decimals : text
}

/** Whether a cell holds a number in scientific notation, "4.85018E+10": of a long one the last digits are lost. */
export const isScientific = (text: string): boolean => /^[+-]?\d(?:[.,]\d+)?E[+-]?\d{1,3}$/i.test(text)

/** The same of what may be a text: just what a spreadsheet writes by itself, "1,23457E+11", while "1E5" may be the name of a room. */
export const isShortened = (text: string): boolean => /^\d[.,]\d+E\+\d{2,3}$/i.test(text)
