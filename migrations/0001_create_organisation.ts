import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw('create extension if not exists pg_trgm')
  await db.raw('create extension if not exists unaccent')

  // Accents and case away: Łukasz is found by "lukasz". Immutable, so that columns and indexes can be made from it.
  await db.raw(`
    create function fold(value text) returns text
    language sql immutable strict parallel safe
    as $$ select lower(public.unaccent('public.unaccent'::regdictionary, value)) $$`)

  await db.raw(`
    create table installation (
      id int primary key default 1 check (id = 1),
      secret text not null,
      setup_code text not null
    )`)

  await db.raw(`
    create table organisation (
      id int primary key default 1 check (id = 1),
      name text not null,
      country char(2) not null,
      currency char(3) not null,
      time_zone text not null,
      language text not null check (language in ('en', 'es', 'pl', 'pt')),
      phone_uniqueness text not null default 'warn' check (phone_uniqueness in ('allow', 'warn', 'refuse')),
      email_uniqueness text not null default 'warn' check (email_uniqueness in ('allow', 'warn', 'refuse')),
      created_at timestamptz not null default now()
    )`)

  await db.raw(`
    create table locations (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      created_at timestamptz not null default now()
    )`)
  await db.raw('create unique index locations_name on locations (lower(name))')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table locations')
  await db.raw('drop table organisation')
  await db.raw('drop table installation')
  await db.raw('drop function fold(text)')
}
