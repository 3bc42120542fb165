import type { Knex } from 'knex'

/*
 * A lead is made by one call, which is a transaction by itself: with its number, phones, first status and entry of its feed, once however often its form
 * is sent. Jobs that entries of feeds leave are left by one insert: graphile_worker.add_job() takes care of keys, queues and names that are new.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create function leave_job(task text, given json) returns void language plpgsql as $$
    begin
      insert into graphile_worker._private_jobs (task_id, payload) select id, given from graphile_worker._private_tasks where identifier = task;
      if found then
        perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":1}');
      else
        perform graphile_worker.add_job(task, given);
      end if;
    end $$`)
  await db.raw(tellOfLeadNews('leave_job'))
  await db.raw(automateEvent('leave_job'))
  await makeLeads(db)
}

/**
 * See src/leads/creating.ts. It answers with the lead's id and number; or with the name of what isn't on offer any more (\`gone\`), or with the terms on which it
 * would make one, and makes nothing, when those aren't the ones that its caller went by.
 */
async function makeLeads (db: Knex): Promise<void> {
  await db.raw(`
    create function make_lead(given json, out lead_id bigint, out lead_number text, out is_new boolean, out gone text, out terms jsonb) language plpgsql as $$
    declare
      l record;
      begun timestamptz;
      counted text;
    begin
      -- Whoever gives its type another first status is waited for, or waits.
      select x.*, s.limit_minutes as minutes, jsonb_build_object('status', s.id, 'minutes', s.limit_minutes, 'clock', s.limit_clock, 'template', n.number_template, 'restarts', n.restarts,
          'year', extract(year from now() at time zone x.zone)::int, 'month', extract(month from now() at time zone x.zone)::int, 'code', (select p.code from locations p where p.id = x.location_id)) as now_are,
        case when x.campaign_id is not null and not exists (select from campaigns c where c.id = x.campaign_id and c.retired_at is null) then 'campaign_id'
          when x.location_id is not null and not exists (select from locations p where p.id = x.location_id and p.retired_at is null) then 'location_id'
          when x.manager_id is not null and not exists (select from employees e join roles r on r.id = e.role_id where e.id = x.manager_id and e.deactivated_at is null and e.password_hash is not null and (r.key = 'owner' or r.rights && x.sees)) then 'manager_id' end as missing
        into l
        from json_to_record(given) as x(token uuid, by_id bigint, zone text, sees text[], source text, terms jsonb, period text, before text, width int, after text, since timestamptz, late timestamptz,
          type_id bigint, contact_name text, campaign_id bigint, comment text, due_at timestamptz, urgent boolean, location_id bigint, manager_id bigint, client_id bigint, phones json, digits text)
        join lead_types y on y.id = x.type_id join lead_statuses s on s.id = y.first_status_id cross join lead_settings n where y.removed_at is null for share of y;
      if not found then gone := 'type_id'; return; end if;
      if l.missing is not null then gone := l.missing; return; end if;
      if l.now_are is distinct from l.terms then terms := l.now_are; return; end if;

      lead_id := nextval('leads_id_seq');
      is_new := true;
      if l.token is not null then
        insert into submissions (token, employee_id, result) values (l.token, l.by_id, lead_id) on conflict (token) do nothing;
        if not found then
          select m.id, m.number, false into lead_id, lead_number, is_new from leads m
            where m.id = (select case when u.result ~ '^[0-9]{1,18}$' then u.result::bigint end from submissions u where u.token = l.token and u.employee_id = l.by_id);
          if found then return; end if;
          lead_id := nextval('leads_id_seq');
          is_new := true;
        end if;
      end if;

      begun := coalesce(l.since, clock_timestamp());
      -- From here on others wait for their numbers. Only another template can have made one already, also of a lead that is deleted: the next is taken then.
      loop
        insert into lead_counters as c (period, last) values (l.period, 1) on conflict (period) do update set last = c.last + 1 returning last::text into counted;
        lead_number := l.before || lpad(counted, greatest(length(counted), l.width), '0') || l.after;
        continue when exists (select from deleted_lead_numbers d where d.number = lead_number);
        insert into leads (id, number, type_id, contact_name, campaign_id, comment, due_at, urgent, location_id, manager_id, client_id, status_id, status_since, status_late_at, created_by, created_at, search_phones)
          overriding system value values (lead_id, lead_number, l.type_id, l.contact_name, l.campaign_id, l.comment, l.due_at, l.urgent, l.location_id, l.manager_id, l.client_id, (l.terms->>'status')::bigint, begun,
            case when l.since is null then begun + l.minutes * interval '1 minute' else l.late end, l.by_id, begun, l.digits)
          on conflict (number) do nothing;
        exit when found;
      end loop;
      insert into lead_phones (lead_id, position, typed, e164, display, digits)
        select make_lead.lead_id, p.position, p.typed, p.e164, p.display, p.digits from json_to_recordset(l.phones) as p (position int, typed text, e164 text, display text, digits text);
      insert into lead_moves (lead_id, to_id, employee_id, at) values (make_lead.lead_id, (l.terms->>'status')::bigint, l.by_id, begun);
      insert into events (lead_id, kind, employee_id, version, details) values (make_lead.lead_id, 'lead.created', l.by_id, 1, jsonb_build_object('source', l.source));
    end $$`)
}

/** As migration 0029 wrote it, but for how the job is left. */
const tellOfLeadNews = (leave: string): string => `
  create or replace function tell_of_lead_news() returns trigger language plpgsql as $$
  declare
    news json;
  begin
    select json_agg(n.id order by n.id) into news from added n
      where n.lead_id is not null and n.at > now() - interval '1 hour' and exists (
        select from notification_rules r where r.notice = any (case n.kind
          when 'lead.created' then array['new', 'assigned', 'urgent']
          when 'lead.moved' then array['moved']
          when 'comment' then array['comment']
          when 'lead.changed' then array[case when n.details->'changes' @> '[{"field": "manager_id"}]' then 'assigned' end, case when n.details->'changes' @> '[{"field": "urgent", "new": true}]' then 'urgent' end]
        end));
    if news is not null then perform ${leave}('leads.notify', json_build_object('events', news)); end if;
    return null;
  end $$`

/** As migration 0040 wrote it, but for how the job is left. */
const automateEvent = (leave: string): string => `
  create or replace function automate_event() returns trigger language plpgsql as $$
  declare
    news json;
  begin
    if not exists (select from automation_rules where on_since is not null and event in ('client.created', 'lead.created', 'lead.moved')) then return null; end if;
    select json_agg(n.id order by n.id) into news from added n
      where n.kind in ('client.created', 'lead.created', 'lead.moved') and n.at > now() - interval '1 hour' and exists (
        select from automation_rules r where r.on_since is not null and r.event = n.kind and (n.details->>'source' is distinct from 'import' or r.conditions @> '{"imported": true}'));
    if news is not null then perform ${leave}('automation.match', json_build_object('events', news)); end if;
    return null;
  end $$`

export async function down (db: Knex): Promise<void> {
  await db.raw('drop function make_lead(json)')
  await db.raw(tellOfLeadNews('graphile_worker.add_job'))
  await db.raw(automateEvent('graphile_worker.add_job'))
  await db.raw('drop function leave_job(text, json)')
}
