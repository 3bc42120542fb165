import type { Knex } from 'knex'

// Words of a company's name that say what kind of company it is, not which.
const LEGAL = ['sp', 'z', 'o', 'oo', 'zoo', 's', 'a', 'c', 'sa', 'sc', 'sj', 'spolka', 'sl', 'slu', 'l', 'u', 'lda', 'ltda', 'ltd', 'llc', 'inc', 'gmbh', 'unipessoal', 'eireli', 'me', 'epp', 'cia', 'co', 'e', 'y', 'i', 'the']
// And of an address.
const STREET = ['ul', 'al', 'os', 'pl', 'ulica', 'rua', 'r', 'av', 'avenida', 'calle', 'c', 'plaza', 'praca', 'n', 'no', 'nr', 'm']

/*
 * Clients that may be one and the same. What was changed is written down by triggers (duplicate_changes) and looked at in the background:
 * src/clients/duplicates/look.ts. `duplicate_prints` is what clients are compared by; pairs make groups, which the list shows.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw('create table duplicate_changes (id bigint generated always as identity primary key, client_id bigint not null)')
  await db.raw(`
    create function words_print(value text, without text[]) returns text language sql immutable parallel safe as $$
      select coalesce(string_agg(word, ' ' order by word), '') from regexp_split_to_table(fold(value), '[^[:alnum:]]+') word where word <> '' and word <> all (without)
    $$`)
  await db.raw(`
    create table duplicate_prints (
      client_id bigint primary key references clients on delete cascade,
      kind text not null,
      name text not null,           -- its words in the order of the alphabet, folded
      address text not null,        -- the same; empty without a number in it: a town alone says nothing
      company text not null         -- the same, without what kind of company it is
    )`)
  await db.raw("create index duplicate_prints_address on duplicate_prints (address) where address <> ''")
  await db.raw("create index duplicate_prints_company on duplicate_prints (company) where company <> ''")
  await db.raw(`
    create function duplicate_print(c clients) returns duplicate_prints language sql immutable parallel safe as $$
      select c.id, c.kind, words_print(c.name, '{}'),
        case when c.address ~ '[0-9]' and length(c.address) >= 5 then words_print(c.address, '{${STREET}}') else '' end,
        case when length(c.company_name) >= 4 then words_print(c.company_name, '{${LEGAL}}') else '' end
    $$`)
  await db.raw(`
    create table duplicate_pairs (
      a_id bigint not null references clients on delete cascade,
      b_id bigint not null references clients on delete cascade,
      score smallint not null check (score between 1 and 99),
      reasons text[] not null,      -- phone, email, address, company
      print text not null,          -- of what they have in common, and their names: "not duplicates" holds while it is this
      dismissed_at timestamptz,
      dismissed_by bigint references employees,
      primary key (a_id, b_id),
      check (a_id < b_id)
    )`)
  await db.raw('create index duplicate_pairs_b on duplicate_pairs (b_id)')
  await db.raw('create index duplicate_pairs_dismissed_by on duplicate_pairs (dismissed_by) where dismissed_by is not null')

  // Clients that hang together by pairs.
  await db.raw(`
    create table duplicate_groups (
      id bigint primary key,        -- the lowest number among its clients
      score smallint not null,      -- of the best pair
      reasons text[] not null,
      size int not null
    )`)
  await db.raw('create index duplicate_groups_score on duplicate_groups (score desc, id desc)')
  await db.raw(`
    create table duplicate_members (
      client_id bigint primary key references clients on delete cascade,
      group_id bigint not null references duplicate_groups on delete cascade
    )`)
  await db.raw('create index duplicate_members_group on duplicate_members (group_id, client_id)')

  await db.raw(`
    create function note_for_duplicates() returns trigger language plpgsql as $$
    begin
      if tg_table_name = 'clients' then insert into duplicate_changes (client_id) select id from new_rows;
      elsif tg_op = 'INSERT' then insert into duplicate_changes (client_id) select distinct client_id from new_rows;
      elsif tg_op = 'DELETE' then insert into duplicate_changes (client_id) select distinct client_id from old_rows;
      else insert into duplicate_changes (client_id) select client_id from new_rows union select client_id from old_rows;
      end if;
      return null;
    end $$`)
  await db.raw(`
    create function note_client_for_duplicates() returns trigger language plpgsql as $$
    begin
      insert into duplicate_changes (client_id) values (new.id);
      return null;
    end $$`)
  await db.raw('create trigger duplicates_after_insert after insert on clients referencing new table as new_rows for each statement execute function note_for_duplicates()')
  // Most changes of a client are of something else, and shall cost nothing.
  await db.raw(`
    create trigger duplicates_after_update after update of kind, first_name, surname, company_name, address, archived_at on clients for each row
    when ((old.kind, old.first_name, old.surname, old.company_name, old.address, old.archived_at is null) is distinct from (new.kind, new.first_name, new.surname, new.company_name, new.address, new.archived_at is null))
    execute function note_client_for_duplicates()`)
  for (const table of ['client_phones', 'client_emails']) {
    await db.raw(`create trigger duplicates_after_insert after insert on ${table} referencing new table as new_rows for each statement execute function note_for_duplicates()`)
    await db.raw(`create trigger duplicates_after_update after update on ${table} referencing new table as new_rows old table as old_rows for each statement execute function note_for_duplicates()`)
    await db.raw(`create trigger duplicates_after_delete after delete on ${table} referencing old table as old_rows for each statement execute function note_for_duplicates()`)
  }
  await db.raw('insert into duplicate_changes (client_id) select id from clients order by id')
}

export async function down (db: Knex): Promise<void> {
  for (const table of ['client_phones', 'client_emails']) for (const event of ['insert', 'update', 'delete']) await db.raw(`drop trigger duplicates_after_${event} on ${table}`)
  await db.raw('drop trigger duplicates_after_update on clients')
  await db.raw('drop trigger duplicates_after_insert on clients')
  await db.raw('drop function note_client_for_duplicates()')
  await db.raw('drop function note_for_duplicates()')
  await db.raw('drop function duplicate_print(clients)')
  for (const table of ['duplicate_members', 'duplicate_groups', 'duplicate_pairs', 'duplicate_prints', 'duplicate_changes']) await db.raw(`drop table ${table}`)
  await db.raw('drop function words_print(text, text[])')
}
