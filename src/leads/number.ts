import { aroundCounter, parseTemplate, periodOf, type Restarts } from '../lead-settings/template.js'

/** What a number is made with: the settings, the year and month in the organisation's zone, and the code of the lead's location. */
export interface Numbering { template: string, restarts: Restarts, year: number, month: number, code: string | null }

/** Which counter a number is taken from, and what stands around it: the database itself puts it in, in the statement that makes the lead. */
export function readNumbering ({ template, restarts, year, month, code }: Numbering): { period: string, before: string, width: number, after: string } {
  const { parts } = parseTemplate(template)
  if (!parts) throw new Error(`The template of leads' numbers can't be read: ${template}`)
  return { period: periodOf(restarts, { year, month }), ...aroundCounter(parts, { year, month, location: code ?? '' }) }
}
