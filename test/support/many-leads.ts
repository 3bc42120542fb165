import type { Db } from '../../src/database/knex.js'

/** How many leads to make, and how many of them are open: most of these among the newest. */
export interface Many { count: number, open: number }

const typed = (n: string) => `(600000000 + (${n})::bigint * 10007 % 99999999)::text`

/**
 * Makes leads of some years, by twenty people at six locations, with a phone and their history, without what triggers tell of each. The
 * next to be numbered is the one that follows them.
 */
export async function makeManyLeads (db: Db, { count, open }: Many): Promise<void> {
  // Half of the open ones are the newest of all; the others lie among those long closed.
  const made = { count, newest: count - open / 2, every: Math.floor(count / (open / 2)) }
  for (const table of ['leads', 'lead_phones']) await db.raw(`alter table ${table} disable trigger user`) // search_phones is written at once
  await db.raw("insert into campaigns (name) select 'Kampania ' || n from generate_series(1, 12) n")
  await db.raw("insert into locations (name) select 'Lokal ' || n from generate_series(1, 6) n")
  await db.raw("insert into employees (name, email, role_id, language) select 'Kim ' || n, 'kim' || n || '@clientela.example', (select min(id) from roles), 'pl' from generate_series(1, 20) n")
  await db.raw('insert into employee_locations (employee_id, location_id) select (select min(id) from employees), max(id) - 3 from locations on conflict do nothing')
  await db.raw(`
    insert into leads (number, type_id, status_id, contact_name, campaign_id, location_id, manager_id, created_at, status_since, due_at, urgent, status_late_at, closed_at, archived_at, search_phones)
    select 'M-' || lpad(n::text, 7, '0'), (select id from lead_types order by id offset (n % 7 = 0)::int limit 1), s.id,
      (array['Łukasz', 'Zofia', 'José', 'Inês', 'João', 'María', 'Antônio'])[1 + n % 7] || ' ' || md5(n::text), (select max(id) from campaigns) - floor(sqrt(n % 144))::int, case when n % 5 > 0 then (select max(id) from locations) - n % 6 end, (select min(id) from employees) + n / 7 % 20,
      at - interval '1 minute', at, case when n % 4 > 0 then at + interval '50 hours' end, not closed and n % 50 = 3, case when not closed and n % 3 = 0 then at + interval '100 hours' end, case when closed then at + interval '1 minute' end, case when n % 90 = 0 then now() end, ' 48' || ${typed('n')}
    from generate_series(1, :count::int) n cross join lateral (select n % :every > 0 and n <= :newest as closed, now() - (:count - n) * interval '10 minutes' as at) c
    cross join lateral (select id from lead_statuses where removed_at is null and (group_key in ('won', 'lost')) = closed order by position, id offset n % (case when closed then 5 else 3 end) limit 1) s`, made)
  await db.raw(`insert into lead_phones (lead_id, typed, e164, display, digits) select id, typed, '+48' || typed, '+48 ' || typed, '48' || typed from leads, lateral (select ${typed('substr(number, 3)')} as typed) n where number like 'M-%'`)
  await db.raw("insert into lead_moves (lead_id, to_id, at) select id, status_id, status_since from leads where number like 'M-%'")
  for (const table of ['leads', 'lead_phones']) await db.raw(`alter table ${table} enable trigger user`)
  for (const table of ['leads', 'lead_phones', 'lead_moves', 'lead_statuses', 'lead_types', 'employees', 'campaigns', 'locations']) await db.raw(`vacuum (analyze) ${table}`)
}
