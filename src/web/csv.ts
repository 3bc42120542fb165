/** What a spreadsheet takes for UTF-8. */
export const BOM = '\uFEFF'

// Spreadsheets calculate a cell that begins so, also after spaces; the wide forms too. With apostrophes before it, it gets one more: whoever reads it takes one off.
const FORMULA = /^'*[\s\u0000]*[=+\-@\t\r＝＋－＠]/ // eslint-disable-line no-control-regex

/**
 * One line of CSV (RFC 4180). A text that a spreadsheet would calculate gets an apostrophe before it (OWASP, CSV injection); numbers
 * are written as they are, with `decimalMark` before their decimals.
 */
export function csvLine (cells: readonly (string | number | null)[], separator: string, decimalMark = '.'): string {
  return `${cells.map(cell => cellOf(cell, separator, decimalMark)).join(separator)}\r\n`
}

/** What spreadsheets in a language take for the end of a cell: where the comma is the decimal point, it is the semicolon. */
export const separatorOf = (language: string): string => language === 'en' ? ',' : ';'

function cellOf (cell: string | number | null, separator: string, decimalMark: string): string {
  if (cell === null) return ''
  const text = typeof cell === 'number' ? String(cell).replace('.', decimalMark) : FORMULA.test(cell) ? `'${cell}` : cell
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
