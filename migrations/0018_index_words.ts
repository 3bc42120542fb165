import type { Knex } from 'knex'

/*
 * Every word by which a client is found stands in a table of its own, in the order in which a search shows what it finds: by the word (so that
 * a whole word comes before longer ones that begin with it), and of one word by name. A search reads as much of it as the page shows, however
 * many there are. docs/search.md tells why, and what it costs.
 *
 * `marks` has a bit for the beginnings of each of the client's words: most clients that lack a second word are passed over without being looked at.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table client_words (
      client_id bigint not null,
      marks bigint not null,
      word text collate "C" not null,
      name text collate "C" not null,
      contact boolean not null,     -- of a phone or an e-mail, which not everybody may see
      archived boolean not null,
      supplier boolean not null
    )`)
  // A number as people of its country write it (ITU-T E.164, list of country codes).
  await db.raw(String.raw`
    create function national_digits(e164 text) returns text language sql immutable strict parallel safe as $$
      select regexp_replace(e164, '^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})', '')
    $$`)
  await db.raw(`
    create function word_marks(word text) returns bigint language sql immutable parallel safe as $$
      select case when word is null or length(word) < 2 then 0 else
        1::bigint << ((ascii(word) * 7 + ascii(substr(word, 2)) * 31) & 63) |
        case when length(word) < 3 then 0 else 1::bigint << ((ascii(word) * 31 + ascii(substr(word, 2)) * 7 + ascii(substr(word, 3)) * 13) & 63) end end
    $$`)
  // Of a long text the words behind the hundredth are found by what stands inside it.
  await db.raw(`
    create function words_of_clients(ids bigint[]) returns table (client_id bigint, marks bigint, word text, name text, contact boolean, archived boolean, supplier boolean)
    language sql stable as $$
      select c.id, bit_or(word_marks(w.word)) over (partition by c.id), w.word, left(c.name_key, 40), w.contact, c.archived_at is not null, c.is_supplier
      from clients c cross join lateral (
        select left(word, 100) as word, bool_and(contact) as contact from (
          (select unnest(string_to_array(translate(c.search_names, E'\\t\\n\\r', '   '), ' ')) as word, false as contact limit 100)
          union all select unnest(string_to_array(c.search_contacts, ' ')), true
          union all select (regexp_matches(c.name_key, '[[:alnum:]]+|[^[:alnum:] ]+', 'g'))[1], false where c.name_key ~ '[^[:alnum:] ]'
        ) one where word <> '' group by left(word, 100)
      ) w
      where c.id = any (ids)
    $$`)
  await db.raw(`
    create function index_words(ids bigint[]) returns void language sql as $$
      delete from client_words where client_id = any (ids);
      insert into client_words (client_id, marks, word, name, contact, archived, supplier) select * from words_of_clients(ids);
    $$`)

  // The contacts have each number with its country's code and without.
  await refreshing(db, "(select string_agg(concat_ws(' ', p.digits, nullif(national_digits(p.e164), p.digits)), ' ' order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null)")

  await db.raw(`
    update clients c set search_contacts = contacts from (
      select client_id, concat_ws(' ', string_agg(phones, ' '), string_agg(emails, ' ')) as contacts from (
        select client_id, string_agg(concat_ws(' ', digits, nullif(national_digits(e164), digits)), ' ' order by position, id) as phones, null as emails from client_phones where removed_at is null group by client_id
        union all
        select client_id, null, string_agg(address_key, ' ' order by position, id) from client_emails where removed_at is null group by client_id
      ) each group by client_id
    ) found where found.client_id = c.id and c.search_contacts <> contacts`)
  await db.raw('insert into client_words (client_id, marks, word, name, contact, archived, supplier) select * from words_of_clients(array(select id from clients order by id))')
  await db.raw('create index client_words_word on client_words (word, name, client_id) include (marks, contact, archived, supplier)')
  await db.raw('create index client_words_client on client_words (client_id)')
  await db.raw('alter table client_words alter word set statistics 1000')
  await db.raw('alter table clients alter search_names set statistics 500, alter search_contacts set statistics 500')
  await db.raw('alter table client_words set (autovacuum_vacuum_insert_scale_factor = 0.05)')

  // Whoever writes many says so ("set local clientela.search = 'later'"), and calls index_clients() once they are written.
  await db.raw(`
    create function index_clients(ids bigint[]) returns void language sql as $$
      select refresh_client_search(ids);
      select index_words(ids);
    $$`)
  await db.raw(`
    create or replace function refresh_search_of_changed() returns trigger language plpgsql as $$
    declare ids bigint[];
    begin
      if current_setting('clientela.search', true) = 'later' then return null; end if;
      if tg_op = 'INSERT' then select array_agg(distinct client_id) into ids from new_rows;
      elsif tg_op = 'DELETE' then select array_agg(distinct client_id) into ids from old_rows;
      else select array_agg(distinct client_id) into ids from (select client_id from new_rows union select client_id from old_rows) rows;
      end if;
      if ids is not null then perform refresh_client_search(ids); end if;
      return null;
    end $$`)
  await db.raw(`
    create function index_changed_clients() returns trigger language plpgsql as $$
    declare ids bigint[];
    begin
      if tg_op = 'DELETE' then
        delete from client_words where client_id in (select id from old_rows);
        return null;
      end if;
      if current_setting('clientela.search', true) = 'later' then return null; end if;
      if tg_op = 'INSERT' then
        select array_agg(id) into ids from new_rows;
        insert into client_words (client_id, marks, word, name, contact, archived, supplier) select * from words_of_clients(ids);
        return null;
      end if;
      select array_agg(n.id) into ids from new_rows n join old_rows o on o.id = n.id
      where (n.search_names, n.search_contacts, n.name_key, n.archived_at is null, n.is_supplier) is distinct from (o.search_names, o.search_contacts, o.name_key, o.archived_at is null, o.is_supplier);
      if ids is not null then perform index_words(ids); end if;
      return null;
    end $$`)
  for (const [event, tables] of INDEXED) await db.raw(`create trigger index_after_${event} after ${event} on clients referencing ${tables} for each statement execute function index_changed_clients()`)
}

const INDEXED = [['insert', 'new table as new_rows'], ['update', 'new table as new_rows old table as old_rows'], ['delete', 'old table as old_rows']] as const

// The function of 0007, with what it reads of phones.
async function refreshing (db: Knex, phones: string): Promise<void> {
  await db.raw(`
    create or replace function refresh_client_search(ids bigint[]) returns void language sql as $$
      update clients c set
        search_names = fold(concat_ws(' ', c.company_name, c.first_name, c.surname,
          (select string_agg(t.name, ' ' order by t.name_key) from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = c.id), own_search_text(c.id))),
        search_contacts = concat_ws(' ',
          ${phones},
          (select string_agg(e.address_key, ' ' order by e.position, e.id) from client_emails e where e.client_id = c.id and e.removed_at is null))
      where c.id = any (ids)
    $$`)
}

export async function down (db: Knex): Promise<void> {
  for (const [event] of INDEXED) await db.raw(`drop trigger index_after_${event} on clients`)
  await db.raw('drop function index_changed_clients()')
  await db.raw('drop function index_clients(bigint[])')
  await refreshing(db, "(select string_agg(p.digits, ' ' order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null)")
  await db.raw(`
    create or replace function refresh_search_of_changed() returns trigger language plpgsql as $$
    declare ids bigint[];
    begin
      if tg_op = 'INSERT' then select array_agg(distinct client_id) into ids from new_rows;
      elsif tg_op = 'DELETE' then select array_agg(distinct client_id) into ids from old_rows;
      else select array_agg(distinct client_id) into ids from (select client_id from new_rows union select client_id from old_rows) rows;
      end if;
      if ids is not null then perform refresh_client_search(ids); end if;
      return null;
    end $$`)
  await db.raw('drop table client_words')
  for (const name of ['index_words(bigint[])', 'words_of_clients(bigint[])', 'word_marks(text)', 'national_digits(text)']) await db.raw(`drop function ${name}`)
  await db.raw('alter table clients alter search_names set statistics -1, alter search_contacts set statistics -1')
  await db.raw('select refresh_client_search(array(select id from clients))')
}
