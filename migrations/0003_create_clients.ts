import type { Knex } from 'knex'

// What a client is called: a company by its name, a person by first name and surname.
const NAME = "case kind when 'company' then company_name else btrim(first_name || ' ' || surname) end"

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table campaigns (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      starts_on date,
      ends_on date,
      active boolean not null default true,
      created_at timestamptz not null default now(),
      check (ends_on >= starts_on)
    )`)
  await db.raw('create unique index campaigns_name on campaigns (lower(name))')

  await db.raw(`
    create table clients (
      id bigint generated always as identity primary key,
      kind text not null check (kind in ('person', 'company')),
      first_name text not null default '',
      surname text not null default '',
      company_name text not null default '',
      name text not null generated always as (${NAME}) stored check (name <> ''),
      name_key text collate "C" not null generated always as (fold(${NAME})) stored,
      is_supplier boolean not null default false,
      is_conflicted boolean not null default false,
      conflict_reason text not null default '',
      address text not null default '',
      campaign_id bigint references campaigns,
      location_id bigint references locations,
      discount_services numeric(5, 2) not null default 0 check (discount_services between 0 and 100),
      discount_products numeric(5, 2) not null default 0 check (discount_products between 0 and 100),
      note text not null default '',
      search_names text not null default '',      -- folded: names, tags
      search_contacts text not null default '',   -- digits of phones, e-mails
      version int not null default 1,
      created_at timestamptz not null default now(),
      created_by bigint references employees,
      active_at timestamptz not null default now(),
      archived_at timestamptz
    )`)

  await db.raw(`
    create table phone_types (
      id bigint generated always as identity primary key,
      key text unique,              -- mobile, work, home; null for one's own
      name text,                    -- null: the built-in name, translated
      position int not null default 0,
      check (key is not null or name <> '')
    )`)
  await db.raw('create unique index phone_types_name on phone_types (lower(name))')

  await db.raw(`
    create table client_phones (
      id bigint generated always as identity primary key,
      client_id bigint not null references clients on delete cascade,
      position int not null default 0,
      type_id bigint not null references phone_types,
      typed text not null check (typed <> ''),
      e164 text,                    -- ITU-T E.164, "+48600123456"; null when what was typed is no valid number
      display text not null,        -- as it is read: international format, or what was typed
      digits text not null,         -- of e164, else of what was typed
      whatsapp boolean not null default false,
      viber boolean not null default false,
      sms boolean not null default false,
      removed_at timestamptz
    )`)
  await db.raw('create index client_phones_client on client_phones (client_id, position, id) where removed_at is null')
  await db.raw('create index client_phones_e164 on client_phones (e164) where removed_at is null')

  await db.raw(`
    create table client_emails (
      id bigint generated always as identity primary key,
      client_id bigint not null references clients on delete cascade,
      position int not null default 0,
      address text not null check (address <> ''),
      address_key text not null generated always as (lower(address)) stored,
      agrees boolean not null default false,
      removed_at timestamptz
    )`)
  await db.raw('create index client_emails_client on client_emails (client_id, position, id) where removed_at is null')
  await db.raw('create index client_emails_key on client_emails (address_key) where removed_at is null')

  await db.raw(`
    create table consents (
      id bigint generated always as identity primary key,
      client_id bigint not null references clients on delete cascade,
      phone_id bigint references client_phones on delete cascade,
      email_id bigint references client_emails on delete cascade,
      channel text not null check (channel in ('whatsapp', 'viber', 'sms', 'email')),
      address text not null,        -- the number or e-mail as it was then
      given boolean not null,
      at timestamptz not null default now(),
      employee_id bigint references employees,
      source text not null,         -- how: form, import, message, ...
      check (num_nonnulls(phone_id, email_id) = 1)
    )`)
  await db.raw('create index consents_phone on consents (phone_id, id desc) where phone_id is not null')
  await db.raw('create index consents_email on consents (email_id, id desc) where email_id is not null')
  await db.raw('create index consents_client on consents (client_id, id desc)')

  await db.raw(`
    create table tags (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      name_key text not null generated always as (fold(name)) stored unique,
      colour text not null default 'plain',
      created_at timestamptz not null default now()
    )`)
  await db.raw(`
    create table client_tags (
      client_id bigint not null references clients on delete cascade,
      tag_id bigint not null references tags on delete cascade,
      primary key (client_id, tag_id)
    )`)
  await db.raw('create index client_tags_tag on client_tags (tag_id, client_id)')

  for (const [name, columns, where] of LIST_INDEXES) {
    await db.raw(`create index ${name} on clients (${columns}) where archived_at is null${where ? ` and ${where}` : ''}`)
  }
  await db.raw('create index clients_archived on clients (name_key, id) where archived_at is not null')
  await db.raw('create index clients_search_names on clients using gin (search_names gin_trgm_ops)')
  await db.raw('create index clients_search_contacts on clients using gin (search_contacts gin_trgm_ops)')
}

// One for each order and each narrow filter that the list offers.
const LIST_INDEXES: [name: string, columns: string, where?: string][] = [
  ['clients_by_name', 'name_key, id'],
  ['clients_by_created', 'created_at, id'],
  ['clients_by_activity', 'active_at, id'],
  ['clients_people', 'name_key, id', "kind = 'person'"],
  ['clients_companies', 'name_key, id', "kind = 'company'"],
  ['clients_suppliers', 'name_key, id', 'is_supplier'],
  ['clients_conflicted', 'name_key, id', 'is_conflicted'],
  ['clients_by_campaign', 'campaign_id, name_key, id'],
  ['clients_by_location', 'location_id, name_key, id']
]

export async function down (db: Knex): Promise<void> {
  for (const table of ['client_tags', 'tags', 'consents', 'client_emails', 'client_phones', 'phone_types', 'clients', 'campaigns']) await db.raw(`drop table ${table}`)
}
