import type { Knex } from 'knex'

/*
 * What the clients list searches stands in two columns of `clients`, kept by triggers so that no way in can forget it.
 * They work by statement: one update for a thousand imported phones, not a thousand.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create function refresh_client_search(ids bigint[]) returns void language sql as $$
      update clients c set
        search_names = fold(concat_ws(' ', c.company_name, c.first_name, c.surname,
          (select string_agg(t.name, ' ' order by t.name_key) from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = c.id))),
        search_contacts = concat_ws(' ',
          (select string_agg(p.digits, ' ' order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null),
          (select string_agg(e.address_key, ' ' order by e.position, e.id) from client_emails e where e.client_id = c.id and e.removed_at is null))
      where c.id = any (ids)
    $$`)

  await db.raw(`
    create function refresh_search_of_changed() returns trigger language plpgsql as $$
    declare ids bigint[];
    begin
      if tg_op = 'INSERT' then select array_agg(distinct client_id) into ids from new_rows;
      elsif tg_op = 'DELETE' then select array_agg(distinct client_id) into ids from old_rows;
      else select array_agg(distinct client_id) into ids from (select client_id from new_rows union select client_id from old_rows) rows;
      end if;
      if ids is not null then perform refresh_client_search(ids); end if;
      return null;
    end $$`)

  for (const table of ['client_phones', 'client_emails', 'client_tags']) {
    await db.raw(`create trigger search_after_insert after insert on ${table} referencing new table as new_rows for each statement execute function refresh_search_of_changed()`)
    await db.raw(`create trigger search_after_update after update on ${table} referencing new table as new_rows old table as old_rows for each statement execute function refresh_search_of_changed()`)
    await db.raw(`create trigger search_after_delete after delete on ${table} referencing old table as old_rows for each statement execute function refresh_search_of_changed()`)
  }

  await db.raw(`
    create function refresh_own_search() returns trigger language plpgsql as $$
    begin
      new.search_names := fold(concat_ws(' ', new.company_name, new.first_name, new.surname,
        (select string_agg(t.name, ' ' order by t.name_key) from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = new.id)));
      return new;
    end $$`)
  await db.raw('create trigger search_of_names before insert or update of company_name, first_name, surname on clients for each row execute function refresh_own_search()')

  await db.raw(`
    create function refresh_search_of_tag() returns trigger language plpgsql as $$
    begin
      perform refresh_client_search(array(select client_id from client_tags where tag_id = new.id));
      return null;
    end $$`)
  await db.raw('create trigger search_after_rename after update of name on tags for each row execute function refresh_search_of_tag()')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger search_after_rename on tags')
  await db.raw('drop trigger search_of_names on clients')
  for (const table of ['client_phones', 'client_emails', 'client_tags']) {
    for (const event of ['insert', 'update', 'delete']) await db.raw(`drop trigger search_after_${event} on ${table}`)
  }
  for (const name of ['refresh_search_of_tag()', 'refresh_own_search()', 'refresh_search_of_changed()', 'refresh_client_search(bigint[])']) await db.raw(`drop function ${name}`)
}
