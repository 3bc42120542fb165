import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await keepPlaces(db)
  await keepConsents(db)
}

async function keepPlaces (db: Knex): Promise<void> {
  await db.raw(`
    alter table clients
      add latitude numeric(8, 6) check (latitude between -90 and 90),     -- WGS 84, degrees
      add longitude numeric(9, 6) check (longitude between -180 and 180),
      add place_source text check (place_source in ('geocoder', 'hand')),
      add place_address text,                                             -- the address that the place belongs to
      add constraint clients_place check (num_nonnulls(latitude, longitude, place_source, place_address) in (0, 4))`)
  await db.raw('create index clients_placed on clients (id) where latitude is not null')

  // What was found for an address goes with it, whatever way the address is changed; a pin that somebody put there stays, and the map asks.
  await db.raw(`
    create function drop_geocoded_place() returns trigger language plpgsql as $$
    begin
      new.latitude := null; new.longitude := null; new.place_source := null; new.place_address := null;
      return new;
    end $$`)
  await db.raw(`
    create trigger drop_geocoded_place before update of address on clients for each row
    when (old.place_source = 'geocoder' and new.place_source = 'geocoder' and new.address is distinct from new.place_address) execute function drop_geocoded_place()`)

  await db.raw(`
    create table map_settings (
      id int primary key default 1 check (id = 1),
      tile_url text not null default 'https://tile.openstreetmap.org/{z}/{x}/{y}.png',
      attribution text not null default '© OpenStreetMap contributors',
      attribution_url text not null default 'https://www.openstreetmap.org/copyright',
      geocoder_url text not null default 'https://nominatim.openstreetmap.org/search', -- '' looks nothing up
      contact text not null default ''  -- an e-mail or address, for the User-Agent
    )`)
  await db.raw('insert into map_settings default values')

  await db.raw(`
    create table geocoder_answers (
      key text primary key,             -- SHA-256 of the geocoder, country and query
      query text not null,
      latitude numeric(8, 6),           -- null: there is no such address
      longitude numeric(9, 6),
      label text not null default '',   -- what the geocoder calls the place
      expires_at timestamptz not null,
      check (num_nonnulls(latitude, longitude) in (0, 2))
    )`)
  await db.raw('create index geocoder_answers_expiry on geocoder_answers (expires_at)')

  // When the geocoder may be asked next, by whichever process.
  await db.raw('create table geocoder_turn (id int primary key default 1 check (id = 1), next_at timestamptz not null default now())')
  await db.raw('insert into geocoder_turn default values')
}

async function keepConsents (db: Knex): Promise<void> {
  // What clients agree to, word for word. A new text is a new version; an empty one takes the former out of force.
  await db.raw(`
    create table consent_wordings (
      id bigint generated always as identity primary key,
      channel text not null check (channel in ('whatsapp', 'viber', 'sms', 'email')),
      language text not null check (language in ('en', 'es', 'pl', 'pt')),
      version int not null,
      body text not null,
      at timestamptz not null default now(),
      employee_id bigint references employees,
      unique (channel, language, version)
    )`)
  await db.raw(`
    alter table consents
      add wording_id bigint references consent_wordings,
      add how text check (how in ('in_person', 'phone', 'writing', 'online', 'other', 'changed')), -- null: nobody said
      add source_name text not null default ''   -- which import, which form`)
  await db.raw('create index consents_at on consents (at, id)')

  // Said afterwards of how a consent came; the last one counts, and none is ever rewritten.
  await db.raw(`
    create table consent_notes (
      id bigint generated always as identity primary key,
      consent_id bigint not null references consents on delete cascade,
      how text not null check (how in ('in_person', 'phone', 'writing', 'online', 'other')),
      note text not null default '',
      at timestamptz not null default now(),
      employee_id bigint references employees
    )`)
  await db.raw('create index consent_notes_consent on consent_notes (consent_id, id desc)')

  // A history that could be rewritten would prove nothing. It goes only with its client (a cascade is a trigger's work), and moves
  // with it when two clients are merged: nothing but client_id may change.
  await db.raw(`
    create function refuse_rewriting() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and pg_trigger_depth() > 1 then return old; end if;
      if tg_op = 'UPDATE' and to_jsonb(new) - 'client_id' = to_jsonb(old) - 'client_id' then return new; end if;
      raise exception '% is only ever added to', tg_table_name using errcode = 'check_violation', constraint = tg_table_name || '_kept';
    end $$`)
  for (const table of ['consents', 'consent_notes', 'consent_wordings']) {
    await db.raw(`create trigger refuse_rewriting before update or delete on ${table} for each row execute function refuse_rewriting()`)
  }

  // What stood before there was this rule counts as it stands.
  await db.raw(`
    insert into consents (client_id, phone_id, channel, address, given, source)
    select p.client_id, p.id, b.channel, p.display, b.box, 'upgrade'
    from client_phones p cross join lateral (values ('whatsapp', p.whatsapp), ('viber', p.viber), ('sms', p.sms)) b (channel, box)
    where b.box <> coalesce((select given from consents k where k.phone_id = p.id and k.channel = b.channel order by k.id desc limit 1), false)`)
  await db.raw(`
    insert into consents (client_id, email_id, channel, address, given, source)
    select e.client_id, e.id, 'email', e.address, e.agrees, 'upgrade' from client_emails e
    where e.agrees <> coalesce((select given from consents k where k.email_id = e.id order by k.id desc limit 1), false)`)

  // A box and its history say the same at the end of each transaction, whoever writes them.
  await db.raw(`
    create function assert_consents(of_phone bigint, of_email bigint) returns void language plpgsql as $$
    declare apart text;
    begin
      select b.channel into apart
      from client_phones p cross join lateral (values ('whatsapp', p.whatsapp), ('viber', p.viber), ('sms', p.sms)) b (channel, box)
      where p.id = of_phone and b.box <> coalesce((select given from consents k where k.phone_id = p.id and k.channel = b.channel order by k.id desc limit 1), false)
      limit 1;
      if apart is null then
        select 'email' into apart from client_emails e
        where e.id = of_email and e.agrees <> coalesce((select given from consents k where k.email_id = e.id order by k.id desc limit 1), false);
      end if;
      if apart is not null then
        raise exception 'the box for % and its history differ', apart using errcode = 'check_violation', constraint = 'consents_match';
      end if;
    end $$`)
  await db.raw(`
    create function hold_consents() returns trigger language plpgsql as $$
    begin
      if tg_table_name = 'client_phones' then perform assert_consents(new.id, null);
      elsif tg_table_name = 'client_emails' then perform assert_consents(null, new.id);
      else perform assert_consents(new.phone_id, new.email_id);
      end if;
      return null;
    end $$`)
  for (const [event, table, when] of HELD) {
    await db.raw(`
      create constraint trigger hold_consents_${event.slice(0, 6)} after ${event} on ${table} deferrable initially deferred
      for each row ${when && `when (${when})`} execute function hold_consents()`)
  }
}

// Only rows that have a box on, or whose boxes are switched, are looked at: an import of numbers without consent costs nothing.
const HELD = [
  ['insert', 'client_phones', 'new.whatsapp or new.viber or new.sms'],
  ['update of whatsapp, viber, sms', 'client_phones', '(old.whatsapp, old.viber, old.sms) is distinct from (new.whatsapp, new.viber, new.sms)'],
  ['insert', 'client_emails', 'new.agrees'],
  ['update of agrees', 'client_emails', 'old.agrees <> new.agrees'],
  ['insert', 'consents', '']
] as const

export async function down (db: Knex): Promise<void> {
  for (const [event, table] of HELD) await db.raw(`drop trigger hold_consents_${event.slice(0, 6)} on ${table}`)
  await db.raw('drop function hold_consents()')
  await db.raw('drop function assert_consents(bigint, bigint)')
  for (const table of ['consents', 'consent_notes', 'consent_wordings']) await db.raw(`drop trigger refuse_rewriting on ${table}`)
  await db.raw('drop function refuse_rewriting()')
  await db.raw('drop table consent_notes')
  await db.raw('drop index consents_at')
  await db.raw('alter table consents drop source_name, drop how, drop wording_id')
  await db.raw('drop table consent_wordings')

  for (const table of ['geocoder_turn', 'geocoder_answers', 'map_settings']) await db.raw(`drop table ${table}`)
  await db.raw('drop trigger drop_geocoded_place on clients')
  await db.raw('drop function drop_geocoded_place()')
  await db.raw('drop index clients_placed')
  await db.raw('alter table clients drop constraint clients_place, drop place_address, drop place_source, drop longitude, drop latitude')
}
