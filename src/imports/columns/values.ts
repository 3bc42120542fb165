/**
 * Splits a cell that may hold several values (phones, e-mails, tags, choices): by its lines when it has more than one, else by commas,
 * semicolons and upright strokes. What joinValues made of a list comes back.
 */
export function splitValues (cell: string): string[] {
  const parts = cell.includes('\n') ? cell.split('\n') : cell.split(/[,;|]/)
  return parts.map(part => part.trim()).filter(part => part !== '')
}

/** Several values in one cell: on one line, or, when one of them has a comma or the like itself, each on its own. */
export function joinValues (values: readonly string[]): string {
  return values.join(values.some(value => /[,;|]/.test(value)) ? '\n' : ', ')
}
