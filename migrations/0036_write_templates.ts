import type { Knex } from 'knex'

/*
 * What is written to clients again and again, a text a language. `for_all`: whoever writes may use it; else only who has one of its
 * roles: none of them left is nobody, not everybody. What a text says of the company and where its links lead stands in company_words.
 * A client's language ('': nobody said) decides which text they get.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table templates (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      name_key text generated always as (fold(name)) stored,
      channel text not null check (channel in ('email', 'sms', 'whatsapp')),
      for_all boolean not null default true,
      version int not null default 1,
      created_by bigint references employees,
      created_at timestamptz not null default now(),
      archived_at timestamptz
    )`)
  await db.raw('create unique index templates_name on templates (channel, name_key) where archived_at is null')
  await db.raw(`
    create table template_texts (
      template_id bigint not null references templates on delete cascade,
      language text not null check (language in ('en', 'es', 'pl', 'pt')),
      subject text not null default '',   -- of an e-mail
      body text not null check (body <> ''),
      primary key (template_id, language)
    )`)
  await db.raw(`
    create table template_roles (
      template_id bigint not null references templates on delete cascade,
      role_id bigint not null references roles on delete cascade,
      primary key (template_id, role_id)
    )`)
  await db.raw('create index template_roles_role on template_roles (role_id)')
  await db.raw(`
    create table company_words (
      id int primary key default 1 check (id = 1),
      phone text not null default '',
      email text not null default '',
      address text not null default '',
      website text not null default '',
      booking text not null default '',
      review text not null default '',
      map text not null default '',
      version int not null default 1
    )`)
  await db.raw('insert into company_words default values')

  await db.raw("alter table clients add column language text not null default '' check (language in ('', 'en', 'es', 'pl', 'pt'))")
  // It stands behind the address of each form, wherever that was moved to.
  await db.raw(`
    update form_items i set position = i.position + 1 from form_items a
    where a.system = 'address' and i.section_id = a.section_id and (i.position, i.id) > (a.position, a.id)`)
  await db.raw("insert into form_items (form_id, section_id, position, system) select form_id, section_id, position + 1, 'language' from form_items where system = 'address'")
  await db.raw("update form_versions set version = version + 1 where subject = 'client'")
}

export async function down (db: Knex): Promise<void> {
  await db.raw("delete from form_items where system = 'language'")
  await db.raw("update form_versions set version = version + 1 where subject = 'client'")
  await db.raw('alter table clients drop column language')
  for (const table of ['company_words', 'template_roles', 'template_texts', 'templates']) await db.raw(`drop table ${table}`)
}
