import type { Knex } from 'knex'

/*
 * Leads: what comes in, who answers it, by when, and whether it became work.
 *
 * A status belongs to a group, which gives its colour and what follows from it: leads of Won and Lost are closed (`closed_at`).
 * Logic hangs on group and role, never on a name. `lead_moves` is the history of each lead's statuses, its first among them.
 * Numbers come from lead_counters, a row a period, taken in the transaction that makes the lead: none repeats, none is skipped.
 * Entries of a lead's feed are events, as a client's are: each is of the one or the other.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table lead_statuses (
      id bigint generated always as identity primary key,
      key text unique,              -- of a built-in one: its name while it has no labels
      labels jsonb not null default '{}',  -- by language
      group_key text not null check (group_key in ('new', 'in_progress', 'pending', 'won', 'lost')),
      colour text,                  -- another than its group's
      role text check (role in ('order', 'sale')), -- what a won one is reached by
      position int not null default 0,
      limit_minutes int check (limit_minutes > 0),
      limit_clock text not null default 'always' check (limit_clock in ('always', 'working')), -- working: the hours of the lead's location
      version int not null default 1,
      removed_at timestamptz,
      check (role is null or group_key = 'won')
    )`)
  await db.raw('create unique index lead_statuses_role on lead_statuses (role) where role is not null and removed_at is null')
  await db.raw(`
    create table lead_status_moves (
      from_id bigint not null references lead_statuses on delete cascade,
      to_id bigint not null references lead_statuses on delete cascade,
      primary key (from_id, to_id),
      check (from_id <> to_id)
    )`)
  // Who may move a lead into a status, besides having the right to move leads at all; none here: whoever has it.
  await db.raw(`
    create table lead_status_roles (
      status_id bigint not null references lead_statuses on delete cascade,
      role_id bigint not null references roles on delete cascade,
      primary key (status_id, role_id)
    )`)
  await db.raw(`
    create table lead_types (
      id bigint generated always as identity primary key,
      key text unique,              -- of a built-in one: its name while it has no labels
      labels jsonb not null default '{}',
      icon text not null default 'inbox',
      form_id bigint not null unique references forms,
      first_status_id bigint not null references lead_statuses,
      position int not null default 0,
      version int not null default 1,
      removed_at timestamptz
    )`)
  await db.raw(`
    create table lead_settings (
      id int primary key default 1 check (id = 1),
      number_template text not null default 'L-{counter:5}',
      restarts text not null default 'never' check (restarts in ('never', 'yearly', 'monthly')),
      default_type_id bigint not null references lead_types,
      version int not null default 1
    )`)
  await db.raw(`
    create table lead_counters (
      period text primary key,      -- '' of never, '2026' of yearly, '2026-11' of monthly, in the organisation's zone
      last bigint not null
    )`)
  await db.raw("alter table locations add column code text not null default ''") // what a lead's number says of it

  await db.raw(`
    create table leads (
      id bigint generated always as identity primary key,
      number text not null unique,
      type_id bigint not null references lead_types,
      status_id bigint not null references lead_statuses,
      status_since timestamptz not null default now(),
      status_late_at timestamptz,   -- from when it has been in its status too long; null: the status has no limit
      client_id bigint references clients,
      contact_name text not null default '',  -- stays beside a client, and is back when the link is taken off
      search text not null generated always as (fold(number || ' ' || contact_name)) stored,
      campaign_id bigint references campaigns,
      location_id bigint references locations,
      manager_id bigint references employees,
      comment text not null default '',
      due_at timestamptz,
      urgent boolean not null default false,
      lost_reason text not null default '',
      created_by bigint references employees,
      created_at timestamptz not null default now(),
      active_at timestamptz not null default now(),
      closed_at timestamptz,        -- when it came into a status of Won or Lost
      archived_at timestamptz,
      version int not null default 1
    )`)
  for (const [name, columns, where] of INDEXES) await db.raw(`create index ${name} on leads (${columns})${where ? ` where ${where}` : ''}`)
  await db.raw('create index leads_search on leads using gin (search gin_trgm_ops)')
  await db.raw(`
    create table lead_phones (
      id bigint generated always as identity primary key,
      lead_id bigint not null references leads on delete cascade,
      position int not null default 0,
      typed text not null,
      e164 text,                    -- null: what was typed is no number that we can read
      display text not null,
      digits text not null
    )`)
  await db.raw('create index lead_phones_lead on lead_phones (lead_id, position, id)')
  await db.raw('create index lead_phones_e164 on lead_phones (e164) where e164 is not null')
  await db.raw('create index lead_phones_digits on lead_phones using gin (digits gin_trgm_ops)')
  await db.raw(`
    create table lead_moves (
      id bigint generated always as identity primary key,
      lead_id bigint not null references leads on delete cascade,
      from_id bigint references lead_statuses,   -- null: its first
      to_id bigint not null references lead_statuses,
      employee_id bigint references employees,
      at timestamptz not null default now()
    )`)
  await db.raw('create index lead_moves_lead on lead_moves (lead_id, id)')
  await db.raw('create index lead_moves_at on lead_moves (at)')

  // What leads have in own fields, as client_values has it of clients.
  await db.raw(`
    create table lead_values (
      lead_id bigint not null references leads on delete cascade,
      field_id bigint not null references fields,
      position smallint not null default 0,
      text_value text check (text_value <> ''),
      number_value numeric,
      day_value date,
      moment_value timestamptz,
      option_id bigint references field_options,
      unique_key text,
      sort_text text collate "C" generated always as (left(fold(text_value), 100)) stored,
      primary key (lead_id, field_id, position),
      check (num_nonnulls(text_value, number_value, day_value, moment_value, option_id) = 1)
    )`)
  await db.raw('create unique index lead_values_unique_id on lead_values (field_id, unique_key) where unique_key is not null')
  for (const [name, column] of [['text', 'sort_text'], ['number', 'number_value'], ['day', 'day_value'], ['moment', 'moment_value'], ['option', 'option_id']]) {
    await db.raw(`create index lead_values_${name} on lead_values (field_id, ${column}, lead_id) where ${column} is not null`)
  }
  await db.raw('create index lead_values_of_option on lead_values (option_id) where option_id is not null')

  await ofLeadsToo(db)
  await tellOfLeads(db)
  await fill(db)
}

const OPEN = 'closed_at is null and archived_at is null'
const INDEXES: [name: string, columns: string, where?: string][] = [
  ['leads_created', 'created_at, id', 'archived_at is null'],
  ['leads_client', 'client_id, id', 'client_id is not null'],
  ['leads_status', 'status_id, created_at, id', 'archived_at is null'],
  ['leads_open', 'created_at, id', OPEN],
  ['leads_open_of', 'manager_id, created_at, id', OPEN],
  ['leads_open_due', 'due_at, id', `${OPEN} and due_at is not null`],
  ['leads_open_late', 'status_late_at, id', `${OPEN} and status_late_at is not null`],
  ['leads_open_urgent', 'created_at, id', `${OPEN} and urgent`],
  ['leads_open_since', 'status_since, id', OPEN],
  ['leads_due', 'due_at, id', 'archived_at is null and due_at is not null'],
  ['leads_since', 'status_since, id', 'archived_at is null'],
  ['leads_manager', 'manager_id, created_at, id', 'archived_at is null'],
  ['leads_location', 'location_id, created_at, id', 'archived_at is null'],
  ['leads_campaign', 'campaign_id, created_at, id', 'archived_at is null'],
  ['leads_type', 'type_id, created_at, id', 'archived_at is null'],
  ['leads_closed', 'closed_at, id', 'closed_at is not null and archived_at is null'],
  ['leads_archived', 'archived_at, id', 'archived_at is not null']
]

/** Entries of the feed, files and tasks are of a client or of a lead. */
async function ofLeadsToo (db: Knex): Promise<void> {
  for (const table of ['events', 'files', 'tasks']) {
    await db.raw(`alter table ${table} add column lead_id bigint references leads on delete cascade`)
    if (table !== 'tasks') await db.raw(`alter table ${table} alter column client_id drop not null`)
    await db.raw(`alter table ${table} drop constraint if exists ${table}_subject`)
    await db.raw(`alter table ${table} add constraint ${table}_subject check (num_nonnulls(client_id, lead_id) = 1)`)
  }
  await db.raw('create index events_lead on events (lead_id, id desc) where lead_id is not null')
  await db.raw('create index files_lead on files (lead_id) where lead_id is not null')
  await db.raw('create index tasks_lead on tasks (lead_id, late_from, id) where lead_id is not null')
  await db.raw(`
    create or replace function tell_of_event() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', case when new.client_id is null then 'lead:' || new.lead_id else 'client:' || new.client_id end, 'event', new.id, 'is_new', tg_op = 'INSERT')::text);
      return null;
    end $$`)
}

/** A lead that comes, goes or changes is told to the lists of all who may see it, or might until now: see src/leads/list/live.ts. */
async function tellOfLeads (db: Knex): Promise<void> {
  await db.raw(`
    create function tell_of_lead() returns trigger language plpgsql as $$
    declare
      was leads;
      now_is leads;
    begin
      if tg_op <> 'INSERT' then was := old; end if;
      if tg_op <> 'DELETE' then now_is := new; end if;
      perform pg_notify('clientela', json_build_object('topic', topic, 'name', 'leads')::text)
        from unnest(array['leads', 'leads of ' || was.manager_id, 'leads of ' || now_is.manager_id, 'leads at ' || was.location_id, 'leads at ' || now_is.location_id]) as topic
        where topic is not null;
      return null;
    end $$`)
  await db.raw('create trigger tell_of_lead after insert or update or delete on leads for each row execute function tell_of_lead()')
}

// Their moves are those of the trade: a new one is taken into work, and comes out of it won or lost; what is closed stays so.
const STATUSES: [key: string, group: string, role: string | null, to: string[]][] = [
  ['new_lead', 'new', null, ['in_work']],
  ['in_work', 'in_progress', null, ['waiting', 'successful_order', 'successful_sale', 'expensive', 'canceled', 'mishandled']],
  ['waiting', 'pending', null, ['in_work', 'successful_order', 'successful_sale', 'expensive', 'canceled', 'mishandled']],
  ['successful_order', 'won', 'order', []],
  ['successful_sale', 'won', 'sale', []],
  ['expensive', 'lost', null, []],
  ['canceled', 'lost', null, []],
  ['mishandled', 'lost', null, []]
]
const TYPES: [key: string, icon: string][] = [['lead', 'inbox'], ['missed_call', 'phone-missed']]
// What every type's form asks, in its order; what each is stands in src/form-editor/definition.ts.
const ITEMS = ['contact', 'phones', 'campaign', 'comment', 'due', 'urgent', 'location', 'manager']

async function fill (db: Knex): Promise<void> {
  await db('lead_statuses').insert(STATUSES.map(([key, group_key, role], position) => ({ key, group_key, role, position })))
  const ids = new Map((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id]))
  await db('lead_status_moves').insert(STATUSES.flatMap(([from, , , to]) => to.map(key => ({ from_id: ids.get(from), to_id: ids.get(key) }))))

  await db('form_versions').insert({ subject: 'lead' })
  for (const [position, [key, icon]] of TYPES.entries()) {
    const [form] = await db('forms').insert({ subject: 'lead', key, position }).returning('id')
    const [section] = await db('form_sections').insert({ form_id: form.id, position: 0 }).returning('id')
    await db('form_items').insert(ITEMS.map((system, position) => ({ form_id: form.id, section_id: section.id, position, system })))
    await db('lead_types').insert({ key, icon, form_id: form.id, first_status_id: ids.get('new_lead'), position })
  }
  await db('lead_settings').insert({ default_type_id: db('lead_types').where({ key: 'lead' }).select('id') })

  for (const [role, rights] of Object.entries(RIGHTS)) {
    await db.raw('update roles set rights = array(select unnest(rights) union select unnest(?::text[]) order by 1) where key = any (?)', [rights, role === 'admin' ? ['admin', 'owner'] : [role]])
  }
}

// What each built-in role may do from the beginning: see src/rights.ts.
const RIGHTS = {
  specialist: ['leads.view_own', 'leads.create', 'leads.edit', 'leads.move'],
  manager: ['leads.view_own', 'leads.view_locations', 'leads.view_all', 'leads.create', 'leads.edit', 'leads.move', 'leads.archive'],
  admin: ['leads.view_own', 'leads.view_locations', 'leads.view_all', 'leads.create', 'leads.edit', 'leads.move', 'leads.win', 'leads.archive']
}

export async function down (db: Knex): Promise<void> {
  await db.raw(`
    create or replace function tell_of_event() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', 'client:' || new.client_id, 'event', new.id, 'is_new', tg_op = 'INSERT')::text);
      return null;
    end $$`)
  for (const table of ['tasks', 'files', 'events']) {
    await db(table).whereNotNull('lead_id').delete()
    await db.raw(`alter table ${table} drop constraint ${table}_subject, drop column lead_id`)
    if (table !== 'tasks') await db.raw(`alter table ${table} alter column client_id set not null`)
  }
  await db.raw('alter table tasks add constraint tasks_subject check (num_nonnulls(client_id) = 1)')
  for (const table of ['lead_values', 'lead_moves', 'lead_phones', 'leads', 'lead_counters', 'lead_settings', 'lead_types', 'lead_status_roles', 'lead_status_moves', 'lead_statuses']) await db.raw(`drop table ${table}`)
  await db.raw('drop function tell_of_lead()')
  await db.raw('alter table locations drop column code')
  await db.raw("delete from form_items where form_id in (select id from forms where subject = 'lead')")
  await db.raw("delete from form_sections where form_id in (select id from forms where subject = 'lead')")
  await db.raw("delete from forms where subject = 'lead'")
  await db.raw("delete from fields where subject = 'lead'")
  await db.raw("delete from form_changes where subject = 'lead'")
  await db.raw("delete from form_versions where subject = 'lead'")
  await db.raw("update roles set rights = array(select r from unnest(rights) r where r not like 'leads.%' order by 1)")
}
