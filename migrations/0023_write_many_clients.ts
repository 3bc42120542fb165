import type { Knex } from 'knex'

/*
 * What is taken is looked for once a statement, not once a row: of thousands of imported numbers that was a sixth of the work. The locks of 0006
 * are taken in one order, so that two who write the same numbers wait for each other and never both.
 */
const KINDS = [
  { name: 'phone', table: 'client_phones', uniqueness: 'phone_uniqueness', key: 'e164', said: 'phone is taken' },
  { name: 'email', table: 'client_emails', uniqueness: 'email_uniqueness', key: 'address_key', said: 'e-mail is taken' }
] as const

export async function up (db: Knex): Promise<void> {
  for (const { name, table, uniqueness, key, said } of KINDS) {
    await db.raw(`drop trigger refuse_taken on ${table}`)
    await db.raw(`drop function refuse_taken_${name}()`)
    await db.raw(`
      create function refuse_taken_${name}s() returns trigger language plpgsql as $$
      declare keys text[]; taken text;
      begin
        if current_setting('clientela.putting_back', true) = 'on' or not exists (select from organisation where ${uniqueness} = 'refuse') then return null; end if;
        if tg_op = 'INSERT' then
          select array_agg(distinct ${key}) into keys from new_rows where ${key} is not null and removed_at is null;
        else
          select array_agg(distinct n.${key}) into keys from new_rows n join old_rows o using (id)
          where n.${key} is not null and n.removed_at is null and not (o.${key} is not distinct from n.${key} and o.removed_at is null);
        end if;
        if keys is null then return null; end if;
        perform pg_advisory_xact_lock(place) from (select distinct hashtextextended('${name}:' || value, 0) as place from unnest(keys) value order by place) places;
        -- An index's look for each, however many: a plan that reads them all would be kept for the one number of a form.
        select held.value into taken from unnest(keys) held (value) where (select count(distinct o.client_id) from ${table} o where o.${key} = held.value and o.removed_at is null) > 1 limit 1;
        if found then
          raise exception '${said}' using errcode = 'unique_violation', constraint = '${table}_taken', detail = taken;
        end if;
        return null;
      end $$`)
    await db.raw(`create trigger refuse_taken_insert after insert on ${table} referencing new table as new_rows for each statement execute function refuse_taken_${name}s()`)
    await db.raw(`create trigger refuse_taken_update after update on ${table} referencing new table as new_rows old table as old_rows for each statement execute function refuse_taken_${name}s()`)
  }

  // No list asks for it, and a row that has its verdict in an index is moved when it gets one.
  await db.raw('drop index import_rows_why')

  // The one of 0018 took three digits off every number: of a POSIX expression's alternatives the longest wins, not the first.
  await nationalDigits(db, String.raw`case when e164 ~ '^\+[17]' then substr(e164, 3) when e164 ~ '^\+(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])' then substr(e164, 4) else substr(e164, 5) end`)
  await db.raw("set local clientela.search = 'later'")
  const ids: number[] = await db('client_phones').whereNull('removed_at').whereNotNull('e164').distinct('client_id').orderBy('client_id').pluck('client_id')
  for (let from = 0; from < ids.length; from += CHUNK) await db.raw('select index_clients(?)', [ids.slice(from, from + CHUNK)])
  await db.raw("set local clientela.search = ''")
}

const CHUNK = 10_000

const nationalDigits = (db: Knex, body: string) => db.raw(`create or replace function national_digits(e164 text) returns text language sql immutable strict parallel safe as $$ select ${body} $$`)

export async function down (db: Knex): Promise<void> {
  await nationalDigits(db, String.raw`regexp_replace(e164, '^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})', '')`)
  await db.raw('create index import_rows_why on import_rows (import_id, verdict, row) where why is not null')
  for (const { name, table, uniqueness, key, said } of KINDS) {
    await db.raw(`drop trigger refuse_taken_insert on ${table}`)
    await db.raw(`drop trigger refuse_taken_update on ${table}`)
    await db.raw(`drop function refuse_taken_${name}s()`)
    const mine = key === 'e164' ? 'new.e164' : 'lower(new.address)'
    const before = key === 'e164' ? 'old.e164' : 'lower(old.address)'
    await db.raw(`
      create function refuse_taken_${name}() returns trigger language plpgsql as $$
      declare other bigint;
      begin
        if ${mine} is null or new.removed_at is not null then return new; end if;
        if tg_op = 'UPDATE' and ${before} is not distinct from ${mine} and old.removed_at is null then return new; end if;
        if current_setting('clientela.putting_back', true) = 'on' then return new; end if;
        if not exists (select from organisation where ${uniqueness} = 'refuse') then return new; end if;
        perform pg_advisory_xact_lock(hashtextextended('${name}:' || ${mine}, 0));
        select client_id into other from ${table} where ${key} = ${mine} and client_id <> new.client_id and removed_at is null limit 1;
        if found then
          raise exception '${said}' using errcode = 'unique_violation', constraint = '${table}_taken', detail = ${mine};
        end if;
        return new;
      end $$`)
    await db.raw(`create trigger refuse_taken before insert or update on ${table} for each row execute function refuse_taken_${name}()`)
  }
}
