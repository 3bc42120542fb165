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
