import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { visibleLeads } from '../../leads/visibility.js'
import type { Viewer } from '../../web/viewer.js'
import type { ReportFilter } from './filter.js'

/** Leads of a month, campaign, ...: `key` is its id, or "2026-11"; null stands for those without. Minutes are from creation to closing. */
export interface Part { key: string | null, leads: number, open: number, won: number, lost: number, minutes: number | null }

/** How many leads came into a status, and how long they were in it: of those that have left, and of open ones until now. */
export interface Stage { statusId: number, came: number, median: number | null, mean: number | null }

export interface Report { total: Part, parts: Part[], stages: Stage[] }

/** The period has more leads than can be read in time. */
export class TooMuch extends Error {}

const PATIENCE = '15s'
const MOST_PARTS = 100

const KEYS: Record<ReportFilter['by'], (filter: ReportFilter) => string> = {
  month: ({ when }) => `to_char(leads.${when}_at at time zone ?, 'YYYY-MM')`,
  campaign: () => 'leads.campaign_id::text',
  manager: () => 'leads.manager_id::text',
  location: () => 'leads.location_id::text',
  type: () => 'leads.type_id::text'
}

/** Counts the leads of a period that this viewer may see. Throws TooMuch. */
export async function readReport (db: Db, viewer: Viewer, filter: ReportFilter): Promise<Report> {
  const { timeZone } = viewer.organisation
  return db.transaction(async trx => {
    await trx.raw(`set local statement_timeout = '${PATIENCE}'`)
    const counted = trx('leads').modify(within(viewer, filter)).join('lead_statuses as s', 's.id', 'leads.status_id')
      .select('s.group_key as stands', trx.raw('extract(epoch from leads.closed_at - leads.created_at) / 60 as took'), trx.raw(`${KEYS[filter.by](filter)} as key`, filter.by === 'month' ? [timeZone] : []))
    const rows: (Part & { total: boolean })[] = await trx.from(counted.as('counted')).groupByRaw('grouping sets ((key), ())')
      .orderByRaw(`grouping(key) desc, ${filter.by === 'month' ? 'key' : 'count(*) desc, key'}`).limit(MOST_PARTS + 1)
      .select(trx.raw(`grouping(key) = 1 as total, key, count(*)::int as leads, count(*) filter (where stands = 'won')::int as won, count(*) filter (where stands = 'lost')::int as lost,
        count(*) filter (where stands not in ('won', 'lost'))::int as open, percentile_cont(0.5) within group (order by took) as minutes`))
    const stages: Stage[] = await trx.with('chosen', trx('leads').modify(within(viewer, filter)).select('leads.id', 'leads.closed_at'))
      .with('stays', trx.raw(`
        select m.lead_id, m.to_id, extract(epoch from coalesce(lead(m.at) over (partition by m.lead_id order by m.id), case when c.closed_at is null then now() end) - m.at) / 60 as minutes
        from chosen c join lead_moves m on m.lead_id = c.id`))
      .from('stays').groupBy('to_id').select('to_id as statusId', trx.raw('count(distinct lead_id)::int as came, avg(minutes)::float8 as mean, percentile_cont(0.5) within group (order by minutes) as median'))
    const [total, ...parts] = rows
    return { total: total!, parts, stages }
  }, { readOnly: true, isolationLevel: 'repeatable read' }).catch((error: { code?: string }) => {
    throw error.code === '57014' ? new TooMuch() : error
  })
}

function within (viewer: Viewer, filter: ReportFilter) {
  const { timeZone } = viewer.organisation
  return (query: Knex.QueryBuilder): void => {
    query.modify(visibleLeads(viewer)).whereNull('leads.archived_at')
      .whereRaw(`leads.${filter.when}_at >= ?::date::timestamp at time zone ?`, [filter.from, timeZone]).whereRaw(`leads.${filter.when}_at < (?::date + 1)::timestamp at time zone ?`, [filter.to, timeZone])
    for (const name of ['type', 'campaign', 'location', 'manager'] as const) if (filter[name] !== null) query.where(`leads.${name}_id`, filter[name])
  }
}
