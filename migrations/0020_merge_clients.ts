import type { Knex } from 'knex'

/*
 * Clients that were merged into another are no rows of `clients` any more: what they were is kept beside the merge, so that nothing that
 * reads clients has to remember to leave them out, and all comes back when the merge is undone.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table client_merges (
      id bigint generated always as identity primary key,
      survivor_id bigint not null references clients on delete cascade, -- where they are now: moves on when that one is merged itself
      client_ids bigint[] not null, -- who was merged, also after an undo
      employee_id bigint not null references employees,
      at timestamptz not null default now(),
      before jsonb not null default '{}', -- of the survivor, what the merge changed: as it was, and as the merge left it
      undone_at timestamptz,
      stayed jsonb,                 -- of an undo: what was changed since and was left as it is
      undone_by bigint references employees
    )`)
  await db.raw('create index client_merges_survivor on client_merges (survivor_id)')
  await db.raw('create index client_merges_clients on client_merges using gin (client_ids)')
  await db.raw('create index client_merges_employee on client_merges (employee_id)')
  await db.raw('create index client_merges_undone_by on client_merges (undone_by) where undone_by is not null')

  // Those that are merged now: by them their old addresses lead to the survivor. Gone once the merge is undone.
  await db.raw(`
    create table client_merge_clients (
      client_id bigint primary key,
      merge_id bigint not null references client_merges on delete cascade,
      name text not null,
      kept jsonb not null           -- its row, what of it is now the survivor's, and what the survivor didn't take
    )`)
  await db.raw('create index client_merge_clients_merge on client_merge_clients (merge_id)')

  // That somebody was erased may be told; who it was may not.
  await db.raw(`
    create table client_erasures (
      client_id bigint primary key,
      is_supplier boolean not null, -- who might have seen it may know that it is gone
      at timestamptz not null default now(),
      employee_id bigint references employees,
      reason text not null check (reason in ('request', 'deleted')),
      files int not null,
      consents int not null
    )`)
  await db.raw('create index client_erasures_at on client_erasures (at desc, client_id desc)')
  await db.raw('create index client_erasures_employee on client_erasures (employee_id)')

  await holdUniqueness(db, "if current_setting('clientela.putting_back', true) = 'on' then return new; end if;")
  await db.raw("update roles set rights = array(select unnest(rights) union select 'clients.merge' order by 1) where key in ('manager', 'admin', 'owner')")
}

// The triggers of 0006. What is put back as it was, by undoing a merge, was allowed then.
async function holdUniqueness (db: Knex, unless: string): Promise<void> {
  await db.raw(`
    create or replace function refuse_taken_phone() returns trigger language plpgsql as $$
    declare other bigint;
    begin
      if new.e164 is null or new.removed_at is not null then return new; end if;
      if tg_op = 'UPDATE' and old.e164 is not distinct from new.e164 and old.removed_at is null then return new; end if;
      ${unless}
      if not exists (select from organisation where phone_uniqueness = 'refuse') then return new; end if;
      perform pg_advisory_xact_lock(hashtextextended('phone:' || new.e164, 0));
      select client_id into other from client_phones where e164 = new.e164 and client_id <> new.client_id and removed_at is null limit 1;
      if found then
        raise exception 'phone is taken' using errcode = 'unique_violation', constraint = 'client_phones_taken', detail = new.e164;
      end if;
      return new;
    end $$`)
  await db.raw(`
    create or replace function refuse_taken_email() returns trigger language plpgsql as $$
    declare other bigint;
    begin
      if new.removed_at is not null then return new; end if;
      if tg_op = 'UPDATE' and lower(old.address) = lower(new.address) and old.removed_at is null then return new; end if;
      ${unless}
      if not exists (select from organisation where email_uniqueness = 'refuse') then return new; end if;
      perform pg_advisory_xact_lock(hashtextextended('email:' || lower(new.address), 0));
      select client_id into other from client_emails where address_key = lower(new.address) and client_id <> new.client_id and removed_at is null limit 1;
      if found then
        raise exception 'e-mail is taken' using errcode = 'unique_violation', constraint = 'client_emails_taken', detail = lower(new.address);
      end if;
      return new;
    end $$`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array_remove(rights, 'clients.merge')")
  await holdUniqueness(db, '')
  for (const table of ['client_erasures', 'client_merge_clients', 'client_merges']) await db.raw(`drop table ${table}`)
}
