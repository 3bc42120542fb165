import { Unreadable, type Inspected, type Reading, type SourceRow } from './reading.js'

export * from './reading.js'

/**
 * Looks at the beginning of a file: what it is, whatever its name says, and how its rows are to be read. `wanted` is what a person
 * chose instead of what was found (a sheet, an encoding, a row of names). Throws Unreadable.
 */
export async function inspect (_path: string, _fileName: string, _wanted: Partial<Reading> = {}): Promise<Inspected> {
  throw new Unreadable('other_kind')
}

/**
 * All rows after the header that aren't empty, in batches, as text: dates as "2026-11-03" or "2026-11-03 09:30", numbers without exponents, odd spaces
 * gone, yes/no of a workbook as "yes" and "no". Memory is bounded whatever the file's size. Several values in one cell (phones of a vCard)
 * come as splitValues takes them. Throws Unreadable, also midway; `signal` ends it with its reason.
 */
export function readRows (_path: string, _reading: Reading, _signal?: AbortSignal): AsyncIterable<SourceRow[]> {
  throw new Unreadable('other_kind')
}
