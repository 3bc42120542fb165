/**
 * The pattern that finds the text of an SQL expression anywhere. What LIKE gives a meaning is escaped after the expression is
 * computed: `fold()` turns "％" into "%".
 */
export const anywhere = (expression: string): string => `'%' || ${atStart(expression)}`

/** The same for a text that has to stand at the start. */
export const atStart = (expression: string): string => String.raw`regexp_replace(${expression}, '([\\%_])', '\\\1', 'g') || '%'`
