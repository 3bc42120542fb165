/** What a spreadsheet takes for UTF-8. */
export const BOM = '\uFEFF'

// Spreadsheets calculate a cell that begins so, also after spaces; the wide forms too.
const FORMULA = /^[\s\u0000]*[=+\-@\t\r＝＋－＠]/ // eslint-disable-line no-control-regex

/**
 * One line of CSV (RFC 4180). A text that a spreadsheet would calculate gets an apostrophe before it (OWASP, CSV injection); numbers
 * are written as they are.
 */
export function csvLine (cells: readonly (string | number | null)[], separator: string): string {
  return `${cells.map(cell => cellOf(cell, separator)).join(separator)}\r\n`
}

/** What spreadsheets in a language take for the end of a cell: where the comma is the decimal point, it is the semicolon. */
export const separatorOf = (language: string): string => language === 'en' ? ',' : ';'

function cellOf (cell: string | number | null, separator: string): string {
  if (cell === null) return ''
  const text = typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : String(cell)
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
