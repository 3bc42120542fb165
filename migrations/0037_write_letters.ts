import type { Knex } from 'knex'

/*
 * Letters to clients: what goes under each of them, how big they may be, the key that signs them (DKIM), the addresses that asked for no
 * more without being a client's, and what somebody is writing, until it has left.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    alter table mail_settings
      add signature text not null default '',
      add attachment_mb int not null default 20 check (attachment_mb between 1 and 50),
      add dkim_domain text,
      add dkim_selector text,
      add dkim_key_sealed text,     -- sealed PEM: src/seal.ts
      add dkim_public text,         -- what stands in the DNS, base64
      add check (num_nonnulls(dkim_domain, dkim_selector, dkim_key_sealed, dkim_public) in (0, 4))`)
  // By its hash alone: whoever is erased stays unwritten to.
  await db.raw(`
    create table email_stops (
      address_hash bytea primary key, -- SHA-256 of the address in small letters
      at timestamptz not null default now()
    )`)
  await db.raw('create function email_hash(address text) returns bytea language sql immutable strict parallel safe as $$ select sha256(convert_to(lower(address), \'UTF8\')) $$')
  await db.raw(`
    create table letter_drafts (
      token uuid primary key,       -- of the composer's form
      client_id bigint not null references clients on delete cascade,
      employee_id bigint not null references employees on delete cascade,
      message_id bigint unique references messages on delete cascade, -- that was made of it
      typed jsonb not null,
      saved_at timestamptz not null default now()
    )`)
  await db.raw('create index letter_drafts_client on letter_drafts (client_id)')
  await db.raw('create index letter_drafts_employee on letter_drafts (employee_id)')
  await db.raw('create index letter_drafts_saved on letter_drafts (saved_at)')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table letter_drafts')
  await db.raw('drop table email_stops')
  await db.raw('drop function email_hash(text)')
  await db.raw('alter table mail_settings drop signature, drop attachment_mb, drop dkim_domain, drop dkim_selector, drop dkim_key_sealed, drop dkim_public')
}
