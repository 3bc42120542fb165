import type { Knex } from 'knex'

/*
 * What a lead that is being made doesn't need: that its numbers are looked up anew for the search, where it has them already, and noted for whoever remembers
 * rows of lists, in which it never was. The jobs that entries of feeds leave are left by one trigger and one insert, and who listens for leads is told of one by one notice.
 */
export async function up (db: Knex): Promise<void> {
  await rewrite(db, 'make_lead(json)', [[ONE_BY_ONE, AT_ONCE]])
  await rewrite(db, 'search_lead_phones()', [[UPDATE, `${GUARD}${UPDATE}`]])
  await rewrite(db, 'tell_of_lead()', [[EACH, ALL]])
  await db.raw(`
    create function leave_jobs_of_events() returns trigger language plpgsql as $$
    declare
      told json;
      matched json;
      left_here int;
    begin
      select json_agg(n.id order by n.id) into told from added n
        where n.lead_id is not null and n.at > now() - interval '1 hour' and exists (
          select from notification_rules r where r.notice = any (case n.kind
            when 'lead.created' then array['new', 'assigned', 'urgent']
            when 'lead.moved' then array['moved']
            when 'comment' then array['comment']
            when 'lead.changed' then array[case when n.details->'changes' @> '[{"field": "manager_id"}]' then 'assigned' end, case when n.details->'changes' @> '[{"field": "urgent", "new": true}]' then 'urgent' end]
          end));
      if exists (select from automation_rules where on_since is not null and event in ('client.created', 'lead.created', 'lead.moved')) then
        select json_agg(n.id order by n.id) into matched from added n
          where n.kind in ('client.created', 'lead.created', 'lead.moved') and n.at > now() - interval '1 hour' and exists (
            select from automation_rules r where r.on_since is not null and r.event = n.kind and (n.details->>'source' is distinct from 'import' or r.conditions @> '{"imported": true}'));
      end if;
      if told is null and matched is null then return null; end if;
      insert into graphile_worker._private_jobs (task_id, payload)
        select id, json_build_object('events', case identifier when 'leads.notify' then told else matched end) from graphile_worker._private_tasks
        where (told is not null and identifier = 'leads.notify') or (matched is not null and identifier = 'automation.match');
      get diagnostics left_here = row_count;
      if left_here > 0 then perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":2}'); end if;
      if left_here < num_nonnulls(told, matched) then -- of a name that is new
        perform graphile_worker.add_job(task, json_build_object('events', events)) from (values ('leads.notify', told), ('automation.match', matched)) j (task, events)
          where events is not null and not exists (select from graphile_worker._private_tasks where identifier = task);
      end if;
      return null;
    end $$`)
  for (const name of OLD) await db.raw(`drop trigger ${name} on events`)
  await db.raw('create trigger leave_jobs_of_events after insert on events referencing new table as added for each statement execute function leave_jobs_of_events()')
}

const PHONES = 'insert into lead_phones (lead_id, position, typed, e164, display, digits)\n        select make_lead.lead_id, p.position, p.typed, p.e164, p.display, p.digits from json_to_recordset(l.phones) as p (position int, typed text, e164 text, display text, digits text)'
const MOVE = "insert into lead_moves (lead_id, to_id, employee_id, at) values (make_lead.lead_id, (l.terms->>'status')::bigint, l.by_id, begun)"
const EVENT = "insert into events (lead_id, kind, employee_id, version, details) values (make_lead.lead_id, 'lead.created', l.by_id, 1, jsonb_build_object('source', l.source))"
const [ONE_BY_ONE, AT_ONCE] = [[PHONES, MOVE, EVENT].map(insert => `${insert};`).join('\n      '), `perform set_config('clientela.making', 'on', true);
      with phones as (${PHONES}), move as (${MOVE})
      ${EVENT};
      perform set_config('clientela.making', '', true);`]
const UPDATE = 'update leads l set search_phones'
const GUARD = "if tg_op = 'INSERT' and current_setting('clientela.making', true) = 'on' then return null; end if;\n      "

const [TOPICS, NAMES] = ["array['leads', 'leads of ' || was.manager_id, 'leads of ' || now_is.manager_id, 'leads at ' || was.location_id, 'leads at ' || now_is.location_id]", "array['leads', 'leads-in-' || was.status_id, 'leads-in-' || now_is.status_id]::text[]"]
const EACH = `perform pg_notify('clientela', json_build_object('topic', topic, 'name', name)::text)
        from unnest(${TOPICS}) as topic,
          unnest(${NAMES}) as name
        where topic is not null and name is not null;`
const ALL = `perform pg_notify('clientela', json_build_object('topics', array_remove(${TOPICS}, null), 'names', array_remove(${NAMES}, null))::text);`

// Their functions stay, for the way back.
const OLD = ['tell_of_lead_news', 'automate_event']

async function rewrite (db: Knex, name: string, changes: [string, string][]): Promise<void> {
  let { rows: [{ body }] } = await db.raw('select pg_get_functiondef(?::regprocedure) as body', [name])
  for (const [before, after] of changes) {
    if (!body.includes(before)) throw new Error(`${name} isn't as it was: ${before}`)
    body = body.replace(before, () => after)
  }
  await db.raw(body.replaceAll('?', '\\?'))
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger leave_jobs_of_events on events')
  await db.raw('drop function leave_jobs_of_events()')
  for (const name of OLD) await db.raw(`create trigger ${name} after insert on events referencing new table as added for each statement execute function ${name}()`)
  await rewrite(db, 'tell_of_lead()', [[ALL, EACH]])
  await rewrite(db, 'search_lead_phones()', [[`${GUARD}${UPDATE}`, UPDATE]])
  await rewrite(db, 'make_lead(json)', [[AT_ONCE, ONE_BY_ONE]])
}
