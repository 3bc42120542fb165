import type { Knex } from 'knex'

/*
 * What leads are searched by stands in their own rows, so that one index finds it and the list's order can be read beside it: the number
 * and name, the digits of the phones, and of the client the names and contacts (see refresh_client_search()), which follow the client.
 * Each text begins with a blank: a word's beginning is a blank and its letters.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw('drop index leads_search')
  await db.raw('drop index lead_phones_digits')
  await db.raw('alter table leads drop column search')
  await db.raw(`
    alter table leads add column search text not null generated always as (' ' || fold(number || ' ' || contact_name)) stored,
      add column search_phones text not null default '', add column client_names text not null default '', add column client_contacts text not null default ''`)

  await db.raw(`
    create function search_lead_client() returns trigger language plpgsql as $$
    begin
      select ' ' || c.search_names, ' ' || c.search_contacts into new.client_names, new.client_contacts from clients c where c.id = new.client_id;
      new.client_names := coalesce(new.client_names, '');
      new.client_contacts := coalesce(new.client_contacts, '');
      return new;
    end $$`)
  await db.raw('create trigger search_client_of_new before insert on leads for each row when (new.client_id is not null) execute function search_lead_client()')
  await db.raw('create trigger search_client before update of client_id on leads for each row when (new.client_id is distinct from old.client_id) execute function search_lead_client()')
  await db.raw(`
    create function search_leads_of_clients() returns trigger language plpgsql as $$
    begin
      update leads l set client_names = ' ' || n.search_names, client_contacts = ' ' || n.search_contacts
        from new_rows n join old_rows o on o.id = n.id
        where l.client_id = n.id and (n.search_names, n.search_contacts) is distinct from (o.search_names, o.search_contacts);
      return null;
    end $$`)
  await db.raw('create trigger search_leads_after_update after update on clients referencing new table as new_rows old table as old_rows for each statement execute function search_leads_of_clients()')
  await db.raw(`
    create function search_lead_phones() returns trigger language plpgsql as $$
    begin
      update leads l set search_phones = p.digits
        from (select c.lead_id, coalesce((select string_agg(' ' || p.digits, '' order by p.position, p.id) from lead_phones p where p.lead_id = c.lead_id), '') as digits from (select distinct lead_id from changed) c) p
        where l.id = p.lead_id and l.search_phones <> p.digits;
      return null;
    end $$`)
  for (const [event, table] of [['insert', 'new'], ['update', 'new'], ['delete', 'old']]) {
    await db.raw(`create trigger search_after_${event} after ${event} on lead_phones referencing ${table} table as changed for each statement execute function search_lead_phones()`)
  }

  await db.raw('alter table leads disable trigger tell_of_lead')
  await db.raw(`
    update leads l set client_names = coalesce(' ' || c.search_names, ''), client_contacts = coalesce(' ' || c.search_contacts, ''),
      search_phones = coalesce((select string_agg(' ' || p.digits, '' order by p.position, p.id) from lead_phones p where p.lead_id = l.id), '')
    from leads o left join clients c on c.id = o.client_id where o.id = l.id`)
  await db.raw('alter table leads enable trigger tell_of_lead')
  await db.raw('create index leads_search on leads using gin (search gin_trgm_ops, search_phones gin_trgm_ops, client_names gin_trgm_ops, client_contacts gin_trgm_ops)')

  // The open ones are few among all: beside an index of all, each campaign's and location's would be found by reading all of their years.
  for (const of of ['campaign', 'location']) await db.raw(`create index leads_open_${of} on leads (${of}_id, created_at, id) where closed_at is null and archived_at is null`)
}

export async function down (db: Knex): Promise<void> {
  for (const of of ['campaign', 'location']) await db.raw(`drop index leads_open_${of}`)
  for (const event of ['insert', 'update', 'delete']) await db.raw(`drop trigger search_after_${event} on lead_phones`)
  await db.raw('drop trigger search_leads_after_update on clients')
  await db.raw('drop trigger search_client_of_new on leads')
  await db.raw('drop trigger search_client on leads')
  for (const name of ['search_lead_client', 'search_leads_of_clients', 'search_lead_phones']) await db.raw(`drop function ${name}()`)
  await db.raw('drop index leads_search')
  await db.raw('alter table leads drop column search, drop column search_phones, drop column client_names, drop column client_contacts')
  await db.raw("alter table leads add column search text not null generated always as (fold(number || ' ' || contact_name)) stored")
  await db.raw('create index leads_search on leads using gin (search gin_trgm_ops)')
  await db.raw('create index lead_phones_digits on lead_phones using gin (digits gin_trgm_ops)')
}
