import type { Knex } from 'knex'

/*
 * What make_lead() does itself as it makes a lead, its triggers said already one by one and came back at once: now they aren't called for it at all.
 */
export async function up (db: Knex): Promise<void> {
  for (const [trigger, setting] of TRIGGERS) await renew(db, trigger, `when (current_setting('${setting}', true) is distinct from 'on')`)
}

interface Trigger { name: string, table: string, rows: string, does: string }

const TRIGGERS: [Trigger, string][] = [
  [{ name: 'search_after_insert', table: 'lead_phones', rows: 'changed', does: 'search_lead_phones' }, 'clientela.making'],
  [{ name: 'shown_after_insert', table: 'lead_phones', rows: 'new_rows', does: 'note_shown_lead_id_of_lead' }, 'clientela.making'],
  [{ name: 'leave_jobs_of_events', table: 'events', rows: 'added', does: 'leave_jobs_of_events' }, 'clientela.making_lead']
]

const renew = (db: Knex, { name, table, rows, does }: Trigger, when: string) => db.raw(`
  drop trigger ${name} on ${table};
  create trigger ${name} after insert on ${table} referencing new table as ${rows} for each statement ${when} execute function ${does}()`)

export async function down (db: Knex): Promise<void> {
  for (const [trigger] of TRIGGERS) await renew(db, trigger, '')
}
