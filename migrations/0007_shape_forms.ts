import type { Knex } from 'knex'

/*
 * Forms are made of sections, sections of items; an item is a system field (named by `system`) or one of the company's own (`field_id`).
 * Every form of a subject has an item for each of its fields, `hidden` where it isn't asked.
 *
 * `client_values` keeps what clients have in own fields, a row a value, `position` 0 but for several choices. The column is the kind's:
 *   short_text, long_text, link   text_value, and sort_text to filter and sort by (folded, its first 100 characters)
 *   unique_id                     the same, and unique_key, which the database lets one client have
 *   number                        number_value
 *   yes_no                        number_value, 1 or 0; no row is "not known"
 *   date                          day_value
 *   date_time                     moment_value
 *   one_choice, several_choices   option_id
 * A filter or a sort on one field reads one index, (field_id, that column, client_id). Values of a removed field (fields.removed_at)
 * stay until they are erased on purpose.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table form_versions (
      subject text primary key,     -- client; a type of lead is another
      version int not null default 1
    )`)
  await db.raw(`
    create table forms (
      id bigint generated always as identity primary key,
      subject text not null references form_versions,
      key text not null,            -- person, company
      position int not null default 0,
      unique (subject, key)
    )`)
  await db.raw(`
    create table fields (
      id bigint generated always as identity primary key,
      subject text not null references form_versions,
      key text not null check (key ~ '^[a-z][a-z0-9_]*$'),  -- for the import and the API; never changes
      kind text not null check (kind in ('short_text', 'long_text', 'number', 'date', 'date_time', 'yes_no', 'one_choice', 'several_choices', 'unique_id', 'link')),
      labels jsonb not null,        -- by language
      help jsonb not null default '{}',
      default_value text not null default '', -- as it would be typed; of dates "today", of times "now"; choices have is_default
      version int not null default 1,
      created_at timestamptz not null default now(),
      removed_at timestamptz,
      unique (subject, key)
    )`)
  await db.raw(`
    create table field_options (
      id bigint generated always as identity primary key,
      field_id bigint not null references fields on delete cascade,
      position int not null default 0,
      labels jsonb not null,
      is_default boolean not null default false,
      retired_at timestamptz        -- no longer offered; who has it keeps it
    )`)
  await db.raw('create index field_options_field on field_options (field_id, position, id)')
  await db.raw(`
    create table form_sections (
      id bigint generated always as identity primary key,
      form_id bigint not null references forms on delete cascade,
      position int not null default 0,
      key text,                     -- contacts, marketing: the built-in title while it has none of its own
      labels jsonb not null default '{}'
    )`)
  await db.raw('create index form_sections_form on form_sections (form_id)')
  await db.raw(`
    create table form_items (
      id bigint generated always as identity primary key,
      form_id bigint not null references forms on delete cascade,
      section_id bigint not null references form_sections,
      position int not null default 0,
      system text,
      field_id bigint references fields on delete cascade,
      hidden boolean not null default false,
      required boolean not null default false,
      check (num_nonnulls(system, field_id) = 1),
      unique (form_id, system),
      unique (form_id, field_id)
    )`)
  await db.raw('create index form_items_section on form_items (section_id)')
  await db.raw('create index form_items_field on form_items (field_id)')
  await db.raw(`
    create table form_changes (
      id bigint generated always as identity primary key,
      subject text not null references form_versions,
      version int not null,         -- the version it made
      employee_id bigint references employees,
      at timestamptz not null default now(),
      what text not null,
      details jsonb not null default '{}'
    )`)
  await db.raw('create index form_changes_version on form_changes (subject, version)')
  await fillForms(db)

  await db.raw("create function unique_key(value text) returns text language sql immutable strict parallel safe as $$ select fold(regexp_replace(value, '\\s', '', 'g')) $$")
  await db.raw(`
    create table client_values (
      client_id bigint not null references clients on delete cascade,
      field_id bigint not null references fields,
      position smallint not null default 0,
      text_value text check (text_value <> ''),
      number_value numeric,
      day_value date,
      moment_value timestamptz,
      option_id bigint references field_options,
      unique_key text,
      sort_text text collate "C" generated always as (left(fold(text_value), 100)) stored,
      primary key (client_id, field_id, position),
      check (num_nonnulls(text_value, number_value, day_value, moment_value, option_id) = 1)
    )`)
  await db.raw('create unique index client_values_unique_id on client_values (field_id, unique_key) where unique_key is not null')
  for (const [name, column] of [['text', 'sort_text'], ['number', 'number_value'], ['day', 'day_value'], ['moment', 'moment_value'], ['option', 'option_id']]) {
    await db.raw(`create index client_values_${name} on client_values (field_id, ${column}, client_id) where ${column} is not null`)
  }
  await db.raw('create index client_values_of_option on client_values (option_id) where option_id is not null')
  await searchOwnText(db)
}

// The form as it was before it could be shaped: its fields in their order, section by section.
const SECTIONS: [key: string | null, system: string[]][] = [
  [null, ['supplier', 'conflicted']],
  ['contacts', ['phones', 'emails', 'address']],
  ['marketing', ['campaign', 'location', 'discounts']],
  [null, ['tags', 'note']]
]

async function fillForms (db: Knex): Promise<void> {
  await db('form_versions').insert({ subject: 'client' })
  for (const [place, key] of ['person', 'company'].entries()) {
    const [form] = await db('forms').insert({ subject: 'client', key, position: place }).returning('id')
    for (const [position, [key, systems]] of SECTIONS.entries()) {
      const [section] = await db('form_sections').insert({ form_id: form.id, position, key }).returning('id')
      await db('form_items').insert(systems.map((system, position) => ({ form_id: form.id, section_id: section.id, position, system })))
    }
  }
}

// Texts and unique ids of fields that are there are found by the list's search, an id also without its spaces.
async function searchOwnText (db: Knex): Promise<void> {
  await db.raw(`
    create function own_search_text(client bigint) returns text language sql stable as $$
      select string_agg(concat_ws(' ', left(v.text_value, 1000), nullif(v.unique_key, fold(v.text_value))), ' ' order by v.field_id)
      from client_values v join fields f on f.id = v.field_id
      where v.client_id = client and v.text_value is not null and f.removed_at is null and f.kind in ('short_text', 'long_text', 'unique_id')
    $$`)
  await keepSearch(db, ', own_search_text(c.id)', ', own_search_text(new.id)')
  // Only what is searched: thousands of numbers may be written, or values of a removed field erased, without it.
  await db.raw(`
    create function refresh_search_of_values() returns trigger language plpgsql as $$
    declare ids bigint[];
    begin
      select array_agg(distinct r.client_id) into ids from rows_changed r join fields f on f.id = r.field_id
      where r.text_value is not null and f.removed_at is null and f.kind in ('short_text', 'long_text', 'unique_id');
      if ids is not null then perform refresh_client_search(ids); end if;
      return null;
    end $$`)
  // Values are never updated: what replaces them is inserted.
  await db.raw('create trigger search_after_insert after insert on client_values referencing new table as rows_changed for each statement execute function refresh_search_of_values()')
  await db.raw('create trigger search_after_delete after delete on client_values referencing old table as rows_changed for each statement execute function refresh_search_of_values()')
  await db.raw(`
    create function refresh_search_of_field() returns trigger language plpgsql as $$
    begin
      perform refresh_client_search(array(select distinct client_id from client_values where field_id = new.id and text_value is not null));
      return null;
    end $$`)
  await db.raw(`
    create trigger search_after_removal after update of removed_at, kind on fields for each row
    when (old.kind <> new.kind or (old.removed_at is null) <> (new.removed_at is null)) execute function refresh_search_of_field()`)
}

// The functions of 0004, with or without what own fields add.
async function keepSearch (db: Knex, ofClient: string, ofNew: string): Promise<void> {
  const tags = (id: string) => `(select string_agg(t.name, ' ' order by t.name_key) from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = ${id})`
  await db.raw(`
    create or replace function refresh_client_search(ids bigint[]) returns void language sql as $$
      update clients c set
        search_names = fold(concat_ws(' ', c.company_name, c.first_name, c.surname, ${tags('c.id')}${ofClient})),
        search_contacts = concat_ws(' ',
          (select string_agg(p.digits, ' ' order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null),
          (select string_agg(e.address_key, ' ' order by e.position, e.id) from client_emails e where e.client_id = c.id and e.removed_at is null))
      where c.id = any (ids)
    $$`)
  await db.raw(`
    create or replace function refresh_own_search() returns trigger language plpgsql as $$
    begin
      new.search_names := fold(concat_ws(' ', new.company_name, new.first_name, new.surname, ${tags('new.id')}${ofNew}));
      return new;
    end $$`)
}

export async function down (db: Knex): Promise<void> {
  await keepSearch(db, '', '')
  await db.raw('drop trigger search_after_removal on fields')
  await db.raw('drop table client_values')
  for (const name of ['refresh_search_of_field()', 'refresh_search_of_values()', 'own_search_text(bigint)', 'unique_key(text)']) await db.raw(`drop function ${name}`)
  for (const table of ['form_changes', 'form_items', 'form_sections', 'field_options', 'fields', 'forms', 'form_versions']) await db.raw(`drop table ${table}`)
  await db.raw('select refresh_client_search(array(select id from clients))')
}
