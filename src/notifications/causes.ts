import { PREPARED, type Db } from '../database/knex.js'
import type { Cause, Notice } from './notice.js'

interface Row { id: number, lead_id: number, kind: string, employee_id: number | null, details: { changes?: { field: string, new: any }[] }, manager_id: number | null, urgent: boolean }

/** What these entries of feeds are to somebody, as the leads stand now: of what was taken back meanwhile nobody is told. */
export async function causesOf (trx: Db, events: readonly number[]): Promise<Cause[]> {
  const rows: Row[] = await trx('events').join('leads', 'leads.id', 'events.lead_id').whereRaw('events.id in (select value::bigint from json_array_elements_text(?) value)', [JSON.stringify(events)]).whereNull('events.deleted_at').whereNull('leads.archived_at').orderBy('events.id')
    .select('events.id', 'events.lead_id', 'events.kind', 'events.employee_id', 'events.details', 'leads.manager_id', 'leads.urgent').options(PREPARED)
  return rows.flatMap(row => {
    const notices = noticesOf(row)
    return notices.length === 0 ? [] : [{ leadId: row.lead_id, notices, by: row.employee_id, eventId: row.id, dueAt: null }]
  })
}

function noticesOf ({ kind, details, manager_id: manager, urgent }: Row): Notice[] {
  const pressing: Notice[] = urgent ? ['urgent'] : []
  if (kind === 'lead.created') return ['new', ...manager === null ? [] : ['assigned' as const], ...pressing]
  if (kind === 'lead.moved') return ['moved']
  if (kind === 'comment') return ['comment']
  const changes = kind === 'lead.changed' ? details.changes ?? [] : []
  return changes.flatMap(({ field, new: value }): Notice[] => {
    if (field === 'manager_id') return value?.id === manager && manager !== null ? ['assigned'] : []
    return field === 'urgent' && value === true ? pressing : []
  })
}

const AT_ONCE = 500

/**
 * Takes the alarms that have come, by the database's clock, for this transaction alone: they are gone with it, and with it what is told
 * of them is there. Of a lead that was closed meanwhile nothing is told, and nothing is due soon that is due already.
 */
export async function takeAlarms (trx: Db): Promise<{ causes: Cause[], more: boolean }> {
  const { rows } = await trx.raw(`
    with come as (
      select lead_id, notice from lead_alarms a where notice in ('overdue', 'late') and at <= now()
      union all select lead_id, notice from lead_alarms a where notice = 'due_soon' and at <= now() + (select due_soon_minutes from notification_settings) * interval '1 minute'
      limit ?
    ), rung as (
      delete from lead_alarms where (lead_id, notice) in (select a.lead_id, a.notice from lead_alarms a join come using (lead_id, notice) order by 1, 2 for update of a skip locked) returning lead_id, notice, at
    )
    select r.lead_id, r.notice, r.at, l.closed_at is null and l.archived_at is null and (r.notice <> 'due_soon' or r.at > now()) as tell
    from rung r join leads l on l.id = r.lead_id order by r.at, r.lead_id`, [AT_ONCE])
  const causes = rows.filter(({ tell }: { tell: boolean }) => tell).map((row: { lead_id: number, notice: Notice, at: Date }): Cause => ({ leadId: row.lead_id, notices: [row.notice], by: null, eventId: null, dueAt: row.at }))
  return { causes, more: rows.length === AT_ONCE }
}
