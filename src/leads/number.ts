import type { Db } from '../database/knex.js'
import { numberOf, parseTemplate, periodOf, type Restarts } from '../lead-settings/template.js'

interface Given { number_template: string, restarts: Restarts, year: number, month: number, code: string | null }

/**
 * Takes the next number for a lead of a location, in the transaction that makes the lead: whoever takes the next one waits until this
 * one is kept or given back, so that none comes twice and none is left out. To be called last, as it makes others wait.
 */
export async function takeNumber (trx: Db, timeZone: string, locationId: number | null): Promise<string> {
  const { rows: [given] }: { rows: Given[] } = await trx.raw(`
    select number_template, restarts, extract(year from now() at time zone :timeZone)::int as year, extract(month from now() at time zone :timeZone)::int as month,
      (select code from locations where id = :locationId) as code
    from lead_settings`, { timeZone, locationId })
  const { number_template: template, restarts, year, month, code } = given!
  const { parts } = parseTemplate(template)
  if (!parts) throw new Error(`The template of leads' numbers can't be read: ${template}`)
  const period = periodOf(restarts, { year, month })
  while (true) {
    const { rows: [{ counter }] } = await trx.raw('insert into lead_counters as c (period, last) values (?, 1) on conflict (period) do update set last = c.last + 1 returning last as counter', [period])
    const number = numberOf(parts, { counter, year, month, location: code ?? '' })
    // Only another template can have made it already.
    if (!await trx('leads').where({ number }).first('id')) return number
  }
}
