import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table audit_entries (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      employee_id bigint references employees, -- null: from the terminal, or by nobody who was signed in
      kind text not null,           -- settings.general, roles.rights, ...: its first part is its group
      subject_type text,            -- role, employee, campaign, ...: what was changed, where that is one of many
      subject_id bigint,            -- no reference: what was deleted is still told of
      subject_name text,            -- as it was called then
      details jsonb not null default '{}'
    )`)
  await db.raw('create index audit_entries_at on audit_entries (at desc, id desc)')
  await db.raw('create index audit_entries_employee on audit_entries (employee_id, at desc, id desc)')
  await db.raw("create index audit_entries_group on audit_entries (split_part(kind, '.', 1), at desc, id desc)")

  await db.raw(`
    create function refuse_change_of_audit() returns trigger language plpgsql as $$
    begin
      raise exception 'the audit log is only ever added to';
    end $$`)
  await db.raw('create trigger append_only before update or delete on audit_entries for each row execute function refuse_change_of_audit()')
  await db.raw("update roles set rights = array(select unnest(rights) union select 'audit.view' order by 1) where key in ('admin', 'owner')")

  await db.raw('alter table roles add column two_steps boolean not null default false') // whether its people have to sign in in two steps
  await db.raw(`
    create table two_steps (
      employee_id bigint primary key references employees on delete cascade,
      secret text not null,         -- of the authenticator app, sealed
      confirmed_at timestamptz,     -- null until a first code showed that the app has it
      last_step bigint,             -- the 30 seconds of the last accepted code: none is accepted twice
      created_at timestamptz not null default now()
    )`)
  await db.raw(`
    create table recovery_codes (
      employee_id bigint not null references two_steps on delete cascade,
      code_hash text not null,
      used_at timestamptz,
      primary key (employee_id, code_hash)
    )`)
  await db.raw(`
    create table pending_sign_ins (
      id text primary key,          -- SHA-256 of the form's token: who gave the password and has yet to give the code
      employee_id bigint not null references employees on delete cascade,
      expires_at timestamptz not null
    )`)
  await db.raw('create index pending_sign_ins_employee on pending_sign_ins (employee_id)')
  await db.raw('create index pending_sign_ins_expiry on pending_sign_ins (expires_at)')

  // The role through whose eyes this session looks.
  await db.raw('alter table sessions add column viewing_as bigint references roles on delete set null')
  await db.raw('create index sessions_viewing_as on sessions (viewing_as) where viewing_as is not null')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('alter table sessions drop column viewing_as')
  for (const table of ['pending_sign_ins', 'recovery_codes', 'two_steps']) await db.raw(`drop table ${table}`)
  await db.raw('alter table roles drop column two_steps')
  await db.raw("update roles set rights = array_remove(rights, 'audit.view')")
  await db.raw('drop table audit_entries')
  await db.raw('drop function refuse_change_of_audit()')
}
