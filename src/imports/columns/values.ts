/**
 * Splits a cell that may hold several values (phones, e-mails, tags, choices): by its lines when it has more than one, else by commas,
 * semicolons and upright strokes. What joinValues made of a list comes back.
 */
export function splitValues (cell: string): string[] {
  const parts = cell.includes('\n') ? cell.split('\n') : cell.split(/[,;|]/)
  return parts.map(part => part.trim()).filter(part => part !== '')
}

/** Several values in one cell: on one line, or, when one of them has a comma or the like itself, each on its own. A single one of that kind has its line ended. */
export function joinValues (values: readonly string[]): string {
  if (!values.some(value => /[,;|]/.test(value))) return values.join(', ')
  return values.length === 1 ? `${values[0]}\n` : values.join('\n')
}

// And, or, in four languages; "y/o", "i/lub". One space each side, which is enough: more of them would take a long row of spaces long.
const AND_OR = /\s(?:and|or|and\/or|&|i|oraz|lub|albo|i\/lub|y|e|o|u|y\/o|ou|e\/ou)\s/i
const LEAST_DIGITS = 7

/** Words without spaces of their own (addresses) that "and", "or", a slash or nothing joins. */
export const splitWords = (text: string): string[] => text.split(AND_OR).flatMap(part => part.split(/[\s/]/)).filter(part => part !== '')

/** Numbers that a word joins: "600 100 205 i 600 100 206". Only where each is long enough to be one: an extension may have such a word too. */
export function splitJoined (text: string): string[] {
  if (!AND_OR.test(text)) return [text]
  const parts = text.split(AND_OR).map(part => part.trim())
  return parts.every(part => (part.match(/\d/g)?.length ?? 0) >= LEAST_DIGITS) ? parts : [text]
}
