import type { Knex } from 'knex'

/*
 * "Refuse" holds in the database, also against two saves at once: whoever writes a number first takes a lock on its
 * normalised form until the end of the transaction, and the second looks again after waiting. A plain unique index
 * can't do it, because a shop that switches from "allow" to "refuse" keeps the doubles it has.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create function refuse_taken_phone() returns trigger language plpgsql as $$
    declare other bigint;
    begin
      if new.e164 is null or new.removed_at is not null then return new; end if;
      if tg_op = 'UPDATE' and old.e164 is not distinct from new.e164 and old.removed_at is null then return new; end if;
      if not exists (select from organisation where phone_uniqueness = 'refuse') then return new; end if;
      perform pg_advisory_xact_lock(hashtextextended('phone:' || new.e164, 0));
      select client_id into other from client_phones where e164 = new.e164 and client_id <> new.client_id and removed_at is null limit 1;
      if found then
        raise exception 'phone is taken' using errcode = 'unique_violation', constraint = 'client_phones_taken', detail = new.e164;
      end if;
      return new;
    end $$`)
  await db.raw('create trigger refuse_taken before insert or update on client_phones for each row execute function refuse_taken_phone()')

  await db.raw(`
    create function refuse_taken_email() returns trigger language plpgsql as $$
    declare other bigint;
    begin
      if new.removed_at is not null then return new; end if;
      if tg_op = 'UPDATE' and lower(old.address) = lower(new.address) and old.removed_at is null then return new; end if;
      if not exists (select from organisation where email_uniqueness = 'refuse') then return new; end if;
      perform pg_advisory_xact_lock(hashtextextended('email:' || lower(new.address), 0));
      select client_id into other from client_emails where address_key = lower(new.address) and client_id <> new.client_id and removed_at is null limit 1;
      if found then
        raise exception 'e-mail is taken' using errcode = 'unique_violation', constraint = 'client_emails_taken', detail = lower(new.address);
      end if;
      return new;
    end $$`)
  await db.raw('create trigger refuse_taken before insert or update on client_emails for each row execute function refuse_taken_email()')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger refuse_taken on client_emails')
  await db.raw('drop trigger refuse_taken on client_phones')
  await db.raw('drop function refuse_taken_email()')
  await db.raw('drop function refuse_taken_phone()')
}
