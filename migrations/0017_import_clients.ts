import type { Knex } from 'knex'

/*
 * An import is a file on its way into the clients: `state` says how far it is. Its rows are kept as they were checked, typed and
 * normalised, so that writing them is a matter of the database alone. `import_rows` has no reference to `imports`: a hundred thousand
 * checks of it would buy nothing, as rows are only ever written and cleared away with their import.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table imports (
      id bigint generated always as identity primary key,
      employee_id bigint not null references employees,
      file_name text not null,
      size bigint not null,
      content text references file_contents,        -- null once the file itself was cleared away
      inspected jsonb not null,                     -- what a look at it said: src/imports/reading/reading.ts
      header_key text not null,                     -- the folded names of its columns: by it choices are remembered
      columns jsonb not null default '[]',          -- of each column its target's name, or null
      rules jsonb not null default '{}',            -- what shall happen: src/imports/rules.ts
      state text not null default 'columns' check (state in ('columns', 'checking', 'checked', 'running', 'stopping', 'done', 'stopped', 'failed', 'undoing', 'undone')),
      problem jsonb,                                -- why it failed or stopped, as words of the locales
      total int,                                    -- rows of what goes on now, where that is known, and how many are done
      done int not null default 0,
      counts jsonb not null default '{}',           -- rows by verdict, and what was done
      round int not null default 1,                 -- how far the rows are written: all of earlier rounds, of this one up to the row
      row int not null default 0,
      seen_event bigint not null default 0,         -- the newest event of any client when rows were last compared with them
      form_version int,                             -- of the clients' forms, by which it was checked
      version int not null default 1,
      created_at timestamptz not null default now(),
      checked_at timestamptz,
      started_at timestamptz,
      finished_at timestamptz,
      undone_at timestamptz,
      run_by bigint references employees,           -- who said so, as whom it writes
      undone_by bigint references employees
    )`)
  await db.raw('create index imports_content on imports (content) where content is not null')
  await db.raw('create index imports_employee on imports (employee_id)')
  await db.raw('create index imports_run_by on imports (run_by) where run_by is not null')
  await db.raw('create index imports_undone_by on imports (undone_by) where undone_by is not null')
  await db.raw('create index imports_header on imports (header_key, id desc)')

  await db.raw(`
    create table import_rows (
      import_id bigint not null,
      row int not null,             -- its number in the file
      verdict text,                 -- create, update, same, skip, error; null until it was compared with the clients
      client_id bigint,             -- whom it makes (the number is kept for it) or is about
      round smallint not null default 1, -- 2 for the second row about one client, and so on
      twin int,                     -- the row before it that is about the same client
      restores boolean not null default false, -- that client is archived and comes back
      why jsonb,                    -- [{ column, key, values }]: what is wrong, or why it is skipped
      cells text[],                 -- as the file has them, of a row that is wrong
      lacks jsonb,                  -- what a new client would lack, as in why
      kept jsonb,                   -- after an undo: what was changed by hand since and stays
      ref bigint, kind text, first_name text, surname text, company_name text, is_supplier boolean, is_conflicted boolean, conflict_reason text, address text,
      campaign_id bigint, campaign text, location_id bigint, location text, -- by name: one to be made
      discount_services numeric(5, 2), price_type_services_id bigint, discount_products numeric(5, 2), price_type_products_id bigint, note text,
      phones jsonb, emails jsonb, tags text[], own jsonb,
      primary key (import_id, row)
    )`)
  // Most of them are judged once, in place.
  await db.raw('alter table import_rows set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.5)')
  await db.raw('create index import_rows_why on import_rows (import_id, verdict, row) where why is not null')

  await searchLater(db)

  // Nobody has the page of a client open that is only just being made: there is nobody to tell.
  await db.raw('drop trigger tell_of_event on events')
  await db.raw("create trigger tell_of_event after insert on events for each row when (new.kind <> 'client.created') execute function tell_of_event()")
  await db.raw('create trigger tell_of_edited_event after update on events for each row execute function tell_of_event()')
}

/*
 * Whoever writes thousands of clients says so ("set local clientela.search = 'later'") and makes their search text once, when all that
 * belongs to them is written: not once for each table, and not row by row.
 */
async function searchLater (db: Knex): Promise<void> {
  const guard = (row: 'null' | 'new') => `if current_setting('clientela.search', true) = 'later' then return ${row}; end if;`
  for (const [name, row] of [['refresh_search_of_changed', 'null'], ['refresh_search_of_values', 'null'], ['refresh_own_search', 'new']] as const) {
    const { rows: [{ body }] } = await db.raw('select prosrc as body from pg_proc where oid = to_regprocedure(?)', [`${name}()`])
    await db.raw(`create or replace function ${name}() returns trigger language plpgsql as $$${body.replace(/\bbegin\b/, `begin ${guard(row)}`)}$$`)
  }
}

async function searchAtOnce (db: Knex): Promise<void> {
  for (const name of ['refresh_search_of_changed', 'refresh_search_of_values', 'refresh_own_search']) {
    const { rows: [{ body }] } = await db.raw('select prosrc as body from pg_proc where oid = to_regprocedure(?)', [`${name}()`])
    await db.raw(`create or replace function ${name}() returns trigger language plpgsql as $$${body.replace(/begin if current_setting\('clientela\.search', true\) = 'later' then return (?:null|new); end if;/, 'begin')}$$`)
  }
}

export async function down (db: Knex): Promise<void> {
  await searchAtOnce(db)
  await db.raw('drop trigger tell_of_edited_event on events')
  await db.raw('drop trigger tell_of_event on events')
  await db.raw('create trigger tell_of_event after insert or update on events for each row execute function tell_of_event()')
  await db.raw('drop table import_rows')
  await db.raw('drop table imports')
}
