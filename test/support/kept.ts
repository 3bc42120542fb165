import type { Db } from '../../src/database/knex.js'

/**
 * Gives a database what puts it back to how it is now: a copy of every row, and `kept.put_back()`. Of changes to the schema, which that
 * doesn't undo, an event trigger takes a note; it needs a superuser. The names of jobs stay: a worker remembers their numbers.
 */
export async function keepRows (db: Db): Promise<void> {
  await db.raw(`
    create schema kept;
    create table kept.schema_changes (tag text);
    do $$
      declare
        tables text := $which$ relkind = 'r' and relnamespace::regnamespace::text in ('public', 'graphile_worker') and relname <> '_private_tasks' $which$;
        each record;
        -- Most tables have never had a row: to ask for their size costs a tenth of deleting from them.
        emptied text := 'declare filled regclass; begin
          for filled in select oid from pg_class where ' || tables || ' and pg_relation_size(oid) > 0 loop execute ''delete from '' || filled; end loop; ';
        steps text := '';
        columns text;
        is_filled boolean;
      begin
        for each in execute 'select oid, oid::regclass as name from pg_class where ' || tables loop
          execute format('select exists (select from %s)', each.name) into is_filled;
          continue when not is_filled;
          execute format('create table kept.%I as table %s', each.name::text, each.name);
          select string_agg(quote_ident(attname), ', ') into columns from pg_attribute where attrelid = each.oid and attnum > 0 and not attisdropped and attgenerated = '';
          steps := steps || format('insert into %s (%s) overriding system value select %2$s from kept.%I; ', each.name, columns, each.name::text);
        end loop;
        create table kept.sequences as
          select format('%I.%I', schemaname, sequencename)::regclass as sequence, coalesce(last_value, start_value) as value, last_value is not null as is_called
          from pg_sequences where schemaname in ('public', 'graphile_worker') and not (schemaname = 'graphile_worker' and sequencename ~ 'tasks');
        steps := steps || 'perform setval(sequence, value, is_called) from kept.sequences where pg_sequence_last_value(sequence) is distinct from case when is_called then value end; ';
        execute format('create function kept.put_back() returns void language plpgsql set session_replication_role = replica as %L', emptied || steps || 'end');
      end
    $$;
    create function kept.note() returns event_trigger language plpgsql as 'begin insert into kept.schema_changes values (tg_tag); end';
    create event trigger note_schema_changes on ddl_command_end execute function kept.note()`)
}

/** Puts back what was kept, except where that wouldn't make it as new: returns whether it did. */
export async function putBack (db: Db): Promise<boolean> {
  const { rows: [{ can }] } = await db.raw(`
    select not exists (select from kept.schema_changes)
      and not exists (select from pg_statistic join pg_class c on c.oid = starelid where relnamespace = 'public'::regnamespace)
      and not exists (select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > 1000000) as can`)
  if (can) await db.raw("select kept.put_back(); insert into shown_changes (subject, id) values ('any', 0); update lead_terms set version = gen_random_uuid()") // no trigger has told who remembers rows, or terms
  return can
}
