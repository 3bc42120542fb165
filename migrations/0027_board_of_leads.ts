import type { Knex } from 'knex'

/** The board of leads: a column is read and counted from an index alone, whatever narrows it; and a change tells which columns it touches. */
export async function up (db: Knex): Promise<void> {
  await db.raw('create index leads_board on leads (status_id, status_since, id) include (manager_id, location_id, campaign_id, type_id, due_at, status_late_at, urgent, created_at) where closed_at is null and archived_at is null')
  await db.raw('create index leads_board_closed on leads (status_id, status_since, id) include (manager_id, location_id) where closed_at is not null and archived_at is null')
  await tellOfLeads(db, "'leads-in-' || was.status_id, 'leads-in-' || now_is.status_id")
}

/** As migration 0025 wrote it, with an event more for each status: the board looks anew at those columns alone. */
async function tellOfLeads (db: Knex, columns: string): Promise<void> {
  await db.raw(`
    create or replace function tell_of_lead() returns trigger language plpgsql as $$
    declare
      was leads;
      now_is leads;
    begin
      if tg_op <> 'INSERT' then was := old; end if;
      if tg_op <> 'DELETE' then now_is := new; end if;
      perform pg_notify('clientela', json_build_object('topic', topic, 'name', name)::text)
        from unnest(array['leads', 'leads of ' || was.manager_id, 'leads of ' || now_is.manager_id, 'leads at ' || was.location_id, 'leads at ' || now_is.location_id]) as topic,
          unnest(array['leads', ${columns}]::text[]) as name
        where topic is not null and name is not null;
      return null;
    end $$`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop index leads_board, leads_board_closed')
  await tellOfLeads(db, 'null')
}
