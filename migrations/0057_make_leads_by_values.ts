import type { Knex } from 'knex'

/*
 * A lead is made by values as they are, which took longer to read out of JSON than some of its rows to write. The settings that silence triggers are set and taken back in it: as settings of the
 * function, only a superuser could make it.
 * It keeps the token of its form itself instead of in `submissions`: one row, one index and one reference less. make_lead(json) stays for programs that are still running.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    alter table leads add token uuid;
    create unique index leads_token on leads (token, created_by) where token is not null`)
  await db.raw(MAKE)
}

// Triggers hear again of what is written.
const HEARD = "perform set_config('clientela.making', '', true), set_config('clientela.making_lead', '', true);"

/**
 * See src/leads/creating.ts. It answers with the lead's id and number, and with the version of the terms unless it was told that one; or with the name of what isn't on
 * offer any more (`gone`); or with the terms on which it would make one, where those aren't the ones that its caller went by. Then it has made nothing.
 */
const MAKE = `
  create function make_lead(given_token uuid, given_by bigint, given_zone text, given_sees text[], given_source text, given_terms jsonb, given_version uuid, given_period text, given_before text, given_width int,
    given_after text, given_since timestamptz, given_late timestamptz, given_type bigint, given_name text, given_campaign bigint, given_comment text, given_due timestamptz, given_urgent boolean,
    given_location bigint, given_manager bigint, given_client bigint, given_phones json, given_digits text,
    out lead_id bigint, out lead_number text, out is_new boolean, out gone text, out terms jsonb, out terms_version uuid)
  language plpgsql as $$
  declare
    now_are jsonb;
    begun timestamptz;
    counted text;
    left_here int;
  begin
    perform pg_advisory_xact_lock_shared(hashtextextended('lead terms', 0));
    if given_terms is null or extract(epoch from now()) >= (given_terms->>'until')::bigint or not exists (select from lead_terms t where t.version = given_version) then
      select t.version, jsonb_build_object('status', s.id, 'minutes', s.limit_minutes, 'clock', s.limit_clock, 'template', n.number_template, 'restarts', n.restarts,
          'year', extract(year from here)::int, 'month', extract(month from here)::int, 'until', extract(epoch from (date_trunc('month', here) + interval '1 month') at time zone given_zone)::bigint, 'code', (select p.code from locations p where p.id = given_location),
          'tells', exists (select from notification_rules r where r.notice in ('new', 'assigned', 'urgent')), 'automates', exists (select from automation_rules r where r.on_since is not null and r.event = 'lead.created')),
        case when given_campaign is not null and not exists (select from campaigns c where c.id = given_campaign and c.retired_at is null) then 'campaign_id'
          when given_location is not null and not exists (select from locations p where p.id = given_location and p.retired_at is null) then 'location_id'
          when given_manager is not null and not exists (select from employees e join roles r on r.id = e.role_id where e.id = given_manager and e.deactivated_at is null and e.password_hash is not null and (r.key = 'owner' or r.rights && given_sees)) then 'manager_id' end
        into terms_version, now_are, gone
        from lead_terms t cross join lead_settings n cross join (select now() at time zone given_zone) h (here) join lead_types y on y.id = given_type join lead_statuses s on s.id = y.first_status_id where y.removed_at is null;
      if not found then gone := 'type_id'; end if;
      if gone is not null then return; end if;
      if now_are is distinct from given_terms then terms := now_are; return; end if;
    end if;

    perform set_config('clientela.making', 'on', true), set_config('clientela.making_lead', 'on', true);
    lead_id := nextval('leads_id_seq');
    is_new := true;
    begun := coalesce(given_since, clock_timestamp());
    -- From here on others wait for their numbers. Only another template can have made one already, also of a lead that is deleted: the next is taken then.
    loop
      insert into lead_counters as c (period, last) values (given_period, 1) on conflict (period) do update set last = c.last + 1 returning last::text into counted;
      lead_number := given_before || lpad(counted, greatest(length(counted), given_width), '0') || given_after;
      insert into leads (id, number, type_id, contact_name, campaign_id, comment, due_at, urgent, location_id, manager_id, client_id, status_id, status_since, status_late_at, created_by, created_at, search_phones, token)
        overriding system value select lead_id, lead_number, given_type, given_name, given_campaign, given_comment, given_due, given_urgent, given_location, given_manager, given_client, (given_terms->>'status')::bigint, begun,
          case when given_since is null then begun + (given_terms->>'minutes')::int * interval '1 minute' else given_late end, given_by, begun, given_digits, given_token
        where not exists (select from deleted_lead_numbers d where d.number = lead_number)
        on conflict do nothing;
      exit when found;
      if given_token is not null then
        select m.id, m.number, false into lead_id, lead_number, is_new from leads m where m.token = given_token and m.created_by = given_by;
        if found then -- its form was sent before, and the number is given back
          update lead_counters c set last = c.last - 1 where c.period = given_period;
          ${HEARD}
          return;
        end if;
        lead_id := nextval('leads_id_seq');
        is_new := true;
      end if;
    end loop;

    with phones as (
      insert into lead_phones (lead_id, position, typed, e164, display, digits)
        select make_lead.lead_id, p.position, p.typed, p.e164, p.display, p.digits from json_to_recordset(given_phones) as p (position int, typed text, e164 text, display text, digits text)
    ), move as (
      insert into lead_moves (lead_id, to_id, employee_id, at) values (make_lead.lead_id, (given_terms->>'status')::bigint, given_by, begun)
    ), event as (
      insert into events (lead_id, kind, employee_id, version, details) values (make_lead.lead_id, 'lead.created', given_by, 1, jsonb_build_object('source', given_source)) returning id
    )
    insert into graphile_worker._private_jobs (task_id, payload)
      select k.id, json_build_object('events', json_build_array(event.id)) from event, graphile_worker._private_tasks k
      where (k.identifier = 'leads.notify' and (given_terms->>'tells')::boolean) or (k.identifier = 'automation.match' and (given_terms->>'automates')::boolean);
    get diagnostics left_here = row_count;
    if left_here > 0 then perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":2}'); end if;
    if left_here < (given_terms->>'tells')::boolean::int + (given_terms->>'automates')::boolean::int then -- of a name that is new
      perform graphile_worker.add_job(task, json_build_object('events', json_build_array(e.id))) from events e, (values ('leads.notify', 'tells'), ('automation.match', 'automates')) j (task, wanted)
        where e.lead_id = make_lead.lead_id and (given_terms->>wanted)::boolean and not exists (select from graphile_worker._private_tasks where identifier = task);
    end if;
    ${HEARD}
  end $$`

export async function down (db: Knex): Promise<void> {
  await db.raw('drop function make_lead(uuid, bigint, text, text[], text, jsonb, uuid, text, text, int, text, timestamptz, timestamptz, bigint, text, bigint, text, timestamptz, boolean, bigint, bigint, bigint, json, text)')
  await db.raw('drop index leads_token; alter table leads drop column token')
}
