import type { Knex } from 'knex'

/** The secret address under which somebody's calendar reads what is due for them; one a person. */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table calendar_feeds (
      employee_id bigint primary key references employees on delete cascade,
      token_hash text not null unique, -- SHA-256 of the token in the address
      made_at timestamptz not null default now(),
      read_at timestamptz,          -- when a calendar asked last
      hour_at timestamptz not null default now(), -- since when reads are counted
      reads int not null default 0
    )`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table calendar_feeds')
}
