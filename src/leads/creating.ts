import { PREPARED, type Db } from '../database/knex.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { writeValues } from '../form-editor/values.js'
import type { Organisation } from '../web/viewer.js'
import { lateFrom } from './limit.js'
import { readNumbering, type Numbering } from './number.js'
import type { LeadFields } from './form.js'
import type { LeadStatus } from './lead.js'
import { ChoiceGone, MANAGES } from './queries.js'

/** Who makes a lead: an employee, or nobody (a missed call). */
export interface Maker { id: number | null, organisation: Pick<Organisation, 'timeZone'> }

export interface NewLead extends LeadFields { client_id?: number | null, own?: readonly OwnWrite[] }

/**
 * Makes a lead in the first status of its type, with its number, history and feed, in two statements: others wait from when its number
 * is taken until it is kept or given back. Returns its id. Throws ChoiceGone, and what writeValues does.
 */
export async function createLead (trx: Db, by: Maker, { phones, own = [], client_id = null, ...values }: NewLead, source = 'form'): Promise<number> {
  const given = await readGiven(trx, by, values)
  const late = await lateFrom(trx, by.organisation.timeZone, given, given.now, values.location_id)
  const numbers = phones.flatMap(({ number }, position) => number ? [{ position, ...number }] : [])
  const numbering = readNumbering(given)
  let id: number | undefined
  // Only another template can have made a number already, also of a lead that is deleted: the next one is taken then.
  while (id === undefined) id = await write(trx, { ...values, ...numbering, client_id, status_id: given.status_id, late, by: by.id, now: given.now, phones: JSON.stringify(numbers), digits: numbers.map(({ digits }) => ` ${digits}`).join(''), details: JSON.stringify({ source }) })
  await writeValues(trx, 'lead', id, own)
  return id
}

interface Given extends Numbering, Pick<LeadStatus, 'limitMinutes' | 'limitClock'> { status_id: number, now: Date, has_campaign: boolean, has_location: boolean, has_manager: boolean }

/** What the lead begins with. Whoever gives its type another first status is waited for, or waits. */
async function readGiven (trx: Db, { organisation }: Maker, { type_id: type, campaign_id: campaign, location_id: location, manager_id: manager }: Pick<LeadFields, 'type_id' | 'campaign_id' | 'location_id' | 'manager_id'>): Promise<Given> {
  const { rows: [given] } = await trx.raw(`
    select s.id as status_id, s.limit_minutes as "limitMinutes", s.limit_clock as "limitClock", clock_timestamp() as now,
      n.number_template, n.restarts, extract(year from now() at time zone :zone)::int as year, extract(month from now() at time zone :zone)::int as month,
      (select code from locations where id = :location) as code,
      :campaign::bigint is null or exists (select from campaigns where id = :campaign and retired_at is null) as has_campaign,
      :location::bigint is null or exists (select from locations where id = :location and retired_at is null) as has_location,
      :manager::bigint is null or exists (select from employees e where e.id = :manager and ${MANAGES}) as has_manager
    from lead_types y join lead_statuses s on s.id = y.first_status_id cross join lead_settings n where y.id = :type and y.removed_at is null for share of y`,
  { zone: organisation.timeZone, type, campaign, location, manager }).options(PREPARED)
  if (!given) throw new ChoiceGone('type_id')
  for (const name of ['campaign', 'location', 'manager'] as const) if (!given[`has_${name}`]) throw new ChoiceGone(`${name}_id`)
  return given
}

/** Takes a number and writes the lead under it, with its phones, its first status and the entry of its feed; nothing when that number was taken. */
async function write (trx: Db, values: Record<string, unknown>): Promise<number | undefined> {
  const { rows: [made] } = await trx.raw(`
    with counted as (
      insert into lead_counters as c (period, last) values (:period, 1) on conflict (period) do update set last = c.last + 1 returning last::text
    ), made as (
      insert into leads (number, type_id, contact_name, campaign_id, comment, due_at, urgent, location_id, manager_id, client_id, status_id, status_since, status_late_at, created_by, created_at, search_phones)
      select :before || lpad(last, greatest(length(last), :width), '0') || :after, :type_id::bigint, :contact_name, :campaign_id::bigint, :comment, :due_at::timestamptz, :urgent::boolean, :location_id::bigint, :manager_id::bigint, :client_id::bigint,
        :status_id::bigint, :now::timestamptz, :late::timestamptz, :by::bigint, :now::timestamptz, :digits
      from counted where not exists (select from deleted_lead_numbers d where d.number = :before || lpad(last, greatest(length(last), :width), '0') || :after)
      on conflict (number) do nothing returning id
    ), phones as (
      insert into lead_phones (lead_id, position, typed, e164, display, digits)
      select made.id, p.position, p.typed, p.e164, p.display, p.digits from made, json_to_recordset(:phones) as p (position int, typed text, e164 text, display text, digits text)
    ), moved as (
      insert into lead_moves (lead_id, to_id, employee_id, at) select id, :status_id::bigint, :by::bigint, :now::timestamptz from made
    ), told as (
      insert into events (lead_id, kind, employee_id, version, details) select id, 'lead.created', :by::bigint, 1, :details::jsonb from made
    )
    select id from made`, values as Record<string, string>).options(PREPARED)
  return made?.id
}
