import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table roles (
      id bigint generated always as identity primary key,
      key text unique,              -- specialist, manager, admin, owner; null for one's own
      name text,                    -- null: the built-in name, translated
      rights text[] not null default '{}',
      created_at timestamptz not null default now(),
      check (key is not null or name <> '')
    )`)
  await db.raw('create unique index roles_name on roles (lower(name))')

  await db.raw(`
    create table employees (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      email text not null check (email <> ''),
      password_hash text,           -- null until the invitation is accepted
      role_id bigint not null references roles,
      language text not null check (language in ('en', 'es', 'pl', 'pt')),
      invitation_hash text,         -- SHA-256 of the token in the invitation link
      invitation_expires_at timestamptz,
      deactivated_at timestamptz,
      created_at timestamptz not null default now()
    )`)
  await db.raw('create unique index employees_email on employees (lower(email))')
  await db.raw('create unique index employees_invitation on employees (invitation_hash)')
  await db.raw('create index employees_role on employees (role_id)')

  await db.raw(`
    create table employee_locations (
      employee_id bigint not null references employees on delete cascade,
      location_id bigint not null references locations on delete cascade,
      primary key (employee_id, location_id)
    )`)

  await db.raw(`
    create table sessions (
      id text primary key,          -- SHA-256 of the cookie's id: reading this table signs nobody in
      employee_id bigint references employees on delete cascade,
      data jsonb not null default '{}',
      user_agent text,
      address text,
      created_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      idle_until timestamptz not null,
      expires_at timestamptz not null
    )`)
  await db.raw('create index sessions_employee on sessions (employee_id)')
  await db.raw('create index sessions_expiry on sessions (least(idle_until, expires_at))')

  await db.raw(`
    create table sign_in_failures (
      key text primary key,         -- SHA-256 of "account:…" or "address:…"
      failures int not null,
      allowed boolean not null default true, -- whether the last try was judged
      failed_at timestamptz not null default now(),
      blocked_until timestamptz
    )`)
}

export async function down (db: Knex): Promise<void> {
  for (const table of ['sign_in_failures', 'sessions', 'employee_locations', 'employees', 'roles']) await db.raw(`drop table ${table}`)
}
