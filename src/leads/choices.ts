import type { NamedChoice } from '../choices/choice.js'
import type { Db } from '../database/knex.js'
import { setLate } from '../lead-statuses/late.js'
import type { Viewer } from '../web/viewer.js'
import { listStatuses } from './statuses.js'

/*
 * What leads have of the company's lists, for the pages of these lists: see src/clients/choices/queries.ts.
 */

type Column = 'campaign_id' | 'location_id'

/** How many leads have any of these campaigns or locations, the archived too. */
export async function countLeadsWith (db: Db, column: Column, ids: readonly number[]): Promise<number> {
  const [{ count }] = await db('leads').whereIn(column, [...ids]).count()
  return Number(count)
}

/** Locks the leads that have any of these until the end of the transaction. */
export const holdLeadsWith = (trx: Db, column: Column, ids: readonly number[]) => trx('leads').whereIn(column, [...ids]).orderBy('id').forUpdate().select('id')

/** Gives the leads that have any of these another one, or none; each lead's feed tells of it. Where the location is another, so are the hours a time limit counts in. */
export async function replaceInLeads (trx: Db, by: Viewer, column: Column, from: readonly NamedChoice[], to: NamedChoice | null): Promise<void> {
  let changed = 0
  for (const one of from) {
    const details = { changes: [{ field: column, old: { id: one.id, name: one.name }, new: to && { id: to.id, name: to.name } }] }
    const { rows: [{ leads }] } = await trx.raw(`
      with changed as (
        update leads set :column: = :to, version = version + 1 where :column: = :from returning id, version
      ), told as (
        insert into events (lead_id, kind, employee_id, version, details) select id, 'lead.changed', :by, version, :details::jsonb from changed
      )
      select count(*)::int as leads from changed`, { column, from: one.id, to: to?.id ?? null, by: by.id, details: JSON.stringify(details) })
    changed += leads
  }
  if (column !== 'location_id' || changed === 0) return
  for (const status of await listStatuses(trx, { removed: true })) {
    if (status.limitMinutes !== null && status.limitClock === 'working') await setLate(trx, status.id, status, by.organisation.timeZone)
  }
}
