import type { Knex } from 'knex'

/*
 * On what a lead begins is looked up once and not for each lead: whatever changes it leaves another version, and a lead is made at once by who comes with the
 * one that holds. Who makes one and who changes the terms wait for each other. With its rows it leaves the jobs that its entry leaves.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table lead_terms (version uuid not null default gen_random_uuid());
    insert into lead_terms default values;
    create function renew_lead_terms() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(hashtextextended('lead terms', 0));
      update lead_terms set version = gen_random_uuid();
      return null;
    end $$`)
  for (const table of WHOLE) {
    await db.raw(`create trigger renew_lead_terms after insert or update or delete or truncate on ${table} for each statement execute function renew_lead_terms()`)
  }
  // Of what others make, change or count meanwhile only what leads begin with.
  for (const [table, columns, when] of CHANGED) {
    await db.raw(`
      create trigger renew_lead_terms after update of ${columns} on ${table} for each row when (${when}) execute function renew_lead_terms();
      create trigger renew_lead_terms_of_gone after delete on ${table} for each row execute function renew_lead_terms()`)
  }
  await db.raw(`
    create trigger renew_lead_terms after insert or update of event, on_since or delete on automation_rules for each statement execute function renew_lead_terms()`)
  await rewrite(db, 'leave_jobs_of_events()', [[BEGUN, `${BEGUN}${GUARD}`]])
  await tellOfEvents(db, "new.kind not in ('client.created', 'lead.created')") // whose feeds nobody has open yet
  await db.raw('alter function make_lead(json) rename to make_lead_before') // for the way back
  await db.raw(MAKE)
}

const WHOLE = ['lead_types', 'lead_statuses', 'lead_settings', 'notification_rules']

const differs = (column: string): string => `old.${column} is distinct from new.${column}`

const CHANGED: [string, string, string][] = [
  ['campaigns', 'retired_at', differs('retired_at')],
  ['locations', 'retired_at, code', `${differs('retired_at')} or ${differs('code')}`],
  ['employees', 'role_id, deactivated_at, password_hash', `${differs('role_id')} or ${differs('deactivated_at')} or (old.password_hash is null) <> (new.password_hash is null)`],
  ['roles', 'key, rights', `${differs('key')} or ${differs('rights')}`]
]

const BEGUN = 'left_here int;\n    begin\n'
const GUARD = "      if current_setting('clientela.making_lead', true) = 'on' then return null; end if;\n"

/**
 * See src/leads/creating.ts. It answers with the lead's id and number, and with the version of the terms unless it was told that one; or with the name of what isn't on
 * offer any more (`gone`); or with the terms on which it would make one, where those aren't the ones that its caller went by. Then it has made nothing.
 */
const MAKE = `
  create function make_lead(given json, out lead_id bigint, out lead_number text, out is_new boolean, out gone text, out terms jsonb, out terms_version uuid) language plpgsql as $$
  declare
    l record;
    now_are jsonb;
    begun timestamptz;
    counted text;
    left_here int;
  begin
    select x.* into l from json_to_record(given) as x(token uuid, by_id bigint, zone text, sees text[], source text, terms jsonb, version uuid, period text, before text, width int, after text, since timestamptz,
      late timestamptz, type_id bigint, contact_name text, campaign_id bigint, comment text, due_at timestamptz, urgent boolean, location_id bigint, manager_id bigint, client_id bigint, phones json, digits text);
    perform pg_advisory_xact_lock_shared(hashtextextended('lead terms', 0));
    if l.terms is null or extract(epoch from now()) >= (l.terms->>'until')::bigint or not exists (select from lead_terms t where t.version = l.version) then
      select t.version, jsonb_build_object('status', s.id, 'minutes', s.limit_minutes, 'clock', s.limit_clock, 'template', n.number_template, 'restarts', n.restarts,
          'year', extract(year from here)::int, 'month', extract(month from here)::int, 'until', extract(epoch from (date_trunc('month', here) + interval '1 month') at time zone l.zone)::bigint, 'code', (select p.code from locations p where p.id = l.location_id),
          'tells', exists (select from notification_rules r where r.notice in ('new', 'assigned', 'urgent')), 'automates', exists (select from automation_rules r where r.on_since is not null and r.event = 'lead.created')),
        case when l.campaign_id is not null and not exists (select from campaigns c where c.id = l.campaign_id and c.retired_at is null) then 'campaign_id'
          when l.location_id is not null and not exists (select from locations p where p.id = l.location_id and p.retired_at is null) then 'location_id'
          when l.manager_id is not null and not exists (select from employees e join roles r on r.id = e.role_id where e.id = l.manager_id and e.deactivated_at is null and e.password_hash is not null and (r.key = 'owner' or r.rights && l.sees)) then 'manager_id' end
        into terms_version, now_are, gone
        from lead_terms t cross join lead_settings n cross join (select now() at time zone l.zone) h (here) join lead_types y on y.id = l.type_id join lead_statuses s on s.id = y.first_status_id where y.removed_at is null;
      if not found then gone := 'type_id'; end if;
      if gone is not null then return; end if;
      if now_are is distinct from l.terms then terms := now_are; return; end if;
    end if;

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
          case when l.since is null then begun + (l.terms->>'minutes')::int * interval '1 minute' else l.late end, l.by_id, begun, l.digits)
        on conflict (number) do nothing;
      exit when found;
    end loop;

    perform set_config('clientela.making', 'on', true), set_config('clientela.making_lead', 'on', true);
    with phones as (
      insert into lead_phones (lead_id, position, typed, e164, display, digits)
        select make_lead.lead_id, p.position, p.typed, p.e164, p.display, p.digits from json_to_recordset(l.phones) as p (position int, typed text, e164 text, display text, digits text)
    ), move as (
      insert into lead_moves (lead_id, to_id, employee_id, at) values (make_lead.lead_id, (l.terms->>'status')::bigint, l.by_id, begun)
    ), event as (
      insert into events (lead_id, kind, employee_id, version, details) values (make_lead.lead_id, 'lead.created', l.by_id, 1, jsonb_build_object('source', l.source)) returning id
    )
    insert into graphile_worker._private_jobs (task_id, payload)
      select k.id, json_build_object('events', json_build_array(event.id)) from event, graphile_worker._private_tasks k
      where (k.identifier = 'leads.notify' and (l.terms->>'tells')::boolean) or (k.identifier = 'automation.match' and (l.terms->>'automates')::boolean);
    get diagnostics left_here = row_count;
    perform set_config('clientela.making', '', true), set_config('clientela.making_lead', '', true);
    if left_here > 0 then perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":2}'); end if;
    if left_here < (l.terms->>'tells')::boolean::int + (l.terms->>'automates')::boolean::int then -- of a name that is new
      perform graphile_worker.add_job(task, json_build_object('events', json_build_array(e.id))) from events e, (values ('leads.notify', 'tells'), ('automation.match', 'automates')) j (task, wanted)
        where e.lead_id = make_lead.lead_id and (l.terms->>wanted)::boolean and not exists (select from graphile_worker._private_tasks where identifier = task);
    end if;
  end $$`

async function tellOfEvents (db: Knex, when: string): Promise<void> {
  await db.raw(`drop trigger tell_of_event on events; create trigger tell_of_event after insert on events for each row when (${when}) execute function tell_of_event()`)
}

async function rewrite (db: Knex, name: string, changes: [string, string][]): Promise<void> {
  let { rows: [{ body }] } = await db.raw('select pg_get_functiondef(?::regprocedure) as body', [name])
  for (const [before, after] of changes) {
    if (!body.includes(before)) throw new Error(`${name} isn't as it was: ${before}`)
    body = body.replace(before, () => after)
  }
  await db.raw(body.replaceAll('?', '\\?'))
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop function make_lead(json)')
  await db.raw('alter function make_lead_before(json) rename to make_lead')
  await tellOfEvents(db, "new.kind <> 'client.created'")
  await rewrite(db, 'leave_jobs_of_events()', [[`${BEGUN}${GUARD}`, BEGUN]])
  for (const table of WHOLE) await db.raw(`drop trigger renew_lead_terms on ${table}`)
  for (const [table] of CHANGED) await db.raw(`drop trigger renew_lead_terms on ${table}; drop trigger renew_lead_terms_of_gone on ${table}`)
  await db.raw('drop trigger renew_lead_terms on automation_rules')
  await db.raw('drop function renew_lead_terms()')
  await db.raw('drop table lead_terms')
}
