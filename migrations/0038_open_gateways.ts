import type { Knex } from 'knex'

/** Whether what a stranger writes begins a lead. */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table message_settings (
      id int primary key default 1 check (id = 1),
      strangers_make_leads boolean not null default false
    )`)
  await db('message_settings').insert({ id: 1 })
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table message_settings')
}
