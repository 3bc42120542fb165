import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import t from 'tap'
import { DEMO_EMAILS, DEMO_PASSWORD, emptyDemo, findDemo, seedDemo, seedExample } from '../../seeds/demo.js'
import { readNumber } from '../../src/clients/phones/number.js'
import type { Db } from '../../src/database/knex.js'
import { setUp } from '../../src/installation/queries.js'
import { inRoot } from '../../src/paths.js'
import { shapeOf } from '../../src/form-editor/shape.js'
import { checkText } from '../../src/templates/check.js'
import { listVariables } from '../../src/templates/variables.js'
import { isPassword } from '../../src/sign-in/password.js'
import type { Language } from '../../src/web/viewer.js'
import { testDatabase } from '../support/database.js'

const COUNT = 200
const until = new Date('2026-05-20T10:00:00Z')

const count = async (db: Db, from: string): Promise<number> => (await db.raw(`select count(*) as count from ${from}`)).rows[0].count

t.test('the demo company', async t => {
  const { db } = await testDatabase(t)
  await seedDemo(db, { clients: COUNT, until })

  t.test('has people of every role, who can sign in', async t => {
    const roles = await db('employees').join('roles', 'roles.id', 'role_id').whereNull('deactivated_at').distinct('roles.key').pluck('key')
    t.same(roles.toSorted(), ['admin', 'manager', 'owner', 'specialist'])
    const people = await db('employees').whereIn('email', DEMO_EMAILS).select('password_hash')
    t.equal(people.length, 8)
    for (const { password_hash: hash } of people) t.ok(await isPassword(hash, DEMO_PASSWORD))
    t.equal(await count(db, 'employees e where not exists (select from employee_locations where employee_id = e.id)'), 0)
  })

  t.test('has as much of everything as it should', async t => {
    t.equal(await count(db, 'clients'), COUNT)
    t.equal(await count(db, 'locations'), 3)
    t.equal(await count(db, 'tags'), 25)
    t.equal(await count(db, 'campaigns'), 10)
    t.ok(await count(db, 'campaigns where retired_at is not null') > 0)
    t.equal(await count(db, 'price_types'), 5)
    for (const list of ['price_types', 'tags']) t.equal(await count(db, `${list} where retired_at is not null`), 1)
    t.ok(await count(db, 'clients where price_type_services_id is not null') > 0)
    t.equal(await count(db, 'fields f where exists (select from client_values where field_id = f.id) and exists (select from form_items where field_id = f.id and not hidden)'), 10)
    const phones = await db('client_phones').whereNull('removed_at').groupBy('client_id').count('* as count')
    t.equal(phones.length, COUNT)
    t.ok(phones.every(({ count }) => Number(count) >= 1 && Number(count) <= 3))
    const events = await count(db, 'events') / COUNT
    t.ok(events > 4 && events < 8, `${events} events a client`)
    t.ok(await count(db, 'calls') > 20)
    t.ok(await count(db, 'conversations where client_id is null and unread > 0') > 1, 'strangers wait in the inbox')
    t.equal(await count(db, "conversations where talked_at > '2026-05-20T10:00:00Z'"), 0, 'and what was said is as old as it says')
    t.ok(await count(db, 'mailing_recipients') > 5)
    t.ok(await count(db, 'notifications where read_at is null') > 0)
    const names = listVariables({ client: await shapeOf(db, 'client'), lead: await shapeOf(db, 'lead') }).map(({ name }) => name)
    t.same((await db('template_texts')).flatMap(({ subject, body }) => [subject, body]).map(text => checkText(text, names)).filter(Boolean), [], 'its templates can be saved')
    t.equal(await count(db, "lead_alarms where at <= '2026-05-20T10:00:00Z'"), 0, 'no old alarm rings')
    t.ok(await count(db, 'audit_entries') > 50, 'the audit log has a second page')
    for (const few of ['is_supplier', 'is_conflicted', 'archived_at is not null']) {
      const found = await count(db, `clients where ${few}`)
      t.ok(found > 0 && found < COUNT * 0.1, `${found} ${few}`)
    }
  })

  t.test('its numbers are valid, and were typed as the form would read them', async t => {
    const phones = await db('client_phones').select('typed', 'e164', 'display', 'digits')
    const wrong = phones.filter(({ typed, e164, display, digits }) => {
      const read = parsePhoneNumberFromString(typed, 'PL')
      if (e164 === null) return read?.isValid() || display !== typed || digits !== typed.replace(/\D/g, '')
      return !read?.isValid() || read.number !== e164 || read.formatInternational() !== display || `+${digits}` !== e164
    })
    t.same(wrong, [])
    for (const country of ['+48', '+34', '+351']) t.ok(phones.some(({ e164 }) => e164?.startsWith(country)), country)
    t.ok(phones.some(({ typed }) => typed.startsWith('+')) && phones.some(({ typed }) => /^\d+ /.test(typed)))
  })

  t.test('nothing in it leads out of .example', async t => {
    const { rows } = await db.raw('select c::text as text from clients c union all select e::text from events e union all select e::text from client_emails e union all select e::text from employees e')
    const words = rows.flatMap(({ text }: { text: string }) => text.split(/[\s",()]+/)) as string[]
    const addresses = words.filter(word => word.includes('@'))
    t.ok(addresses.length > COUNT / 4)
    t.same(addresses.filter(address => !/^[a-z0-9.-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.example$/.test(address)), [])
    // (A password's hash may hold "//" of its own.)
    t.same(words.filter(word => /(^|:)\/\/|^www\./.test(word)), [])
  })

  t.test('nobody has one e-mail twice', async t => {
    t.equal(await count(db, '(select from client_emails group by client_id, address having count(*) > 1) twice'), 0)
  })

  t.test('the versions are those of the events', async t => {
    t.equal(await count(db, 'clients c where version <> (select max(version) from events where client_id = c.id)'), 0)
    t.equal(await count(db, 'clients c where version <> (select count(version) from events where client_id = c.id)'), 0)
    t.equal(await count(db, "events where kind = 'client.created' and version is distinct from 1"), 0)
    t.equal(await count(db, 'clients c where active_at <> (select max(at) from events where client_id = c.id)'), 0)
    t.equal(await count(db, 'events e join events earlier using (client_id) where earlier.id < e.id and earlier.at > e.at'), 0)
    t.equal(await count(db, `events where at >= '${until.toISOString()}' or extract(isodow from at) = 7`), 0)
  })

  t.test('everybody has tasks: overdue, for today, for later and done', async t => {
    const tasks = await db('tasks').select('assignee_id', 'due_on', 'done_at')
    t.equal(new Set(tasks.map(({ assignee_id: id }) => id)).size, 8)
    const open = tasks.filter(({ done_at: done }) => !done).map(({ due_on: day }) => day)
    for (const [when, some] of Object.entries({ overdue: open.some(day => day < '2026-05-20'), today: open.includes('2026-05-20'), later: open.some(day => day > '2026-05-20'), done: open.length < tasks.length })) t.ok(some, when)
    t.equal(await count(db, "tasks where event_id is distinct from (select max(id) from events e where e.client_id = tasks.client_id and kind like 'task.%')"), 0)
    t.equal(await count(db, 'locations where not exists (select from location_hours where location_id = locations.id)'), 0)
  })

  t.test('has leads: open ones, late ones, and most of them answered', async t => {
    t.equal(await count(db, 'leads'), COUNT / 8)
    t.ok(await count(db, 'leads where closed_at is null') > 0)
    t.ok(await count(db, 'leads where closed_at is not null') > COUNT / 16)
    t.ok(await count(db, 'leads where client_id is not null') > 0)
    for (const key of ['item', 'item_model', 'budget', 'callback_after']) t.ok(await count(db, `lead_values v join fields f on f.id = v.field_id where f.key = '${key}'`) > 0, key)
    t.equal(await count(db, 'leads l where not exists (select from lead_phones where lead_id = l.id) or status_id <> (select to_id from lead_moves where lead_id = l.id order by id desc limit 1)'), 0)
    t.equal(await count(db, "leads l join lead_statuses s on s.id = l.status_id where (closed_at is not null) <> (group_key in ('won', 'lost'))"), 0)
    t.equal(await count(db, 'lead_moves m join lead_moves earlier using (lead_id) where earlier.id < m.id and earlier.at > m.at'), 0)
    t.equal(await count(db, 'lead_moves m where from_id is not null and not exists (select from lead_status_moves a where a.from_id = m.from_id and a.to_id = m.to_id)'), 0)
    t.equal((await db('lead_counters').first('last'))?.last, COUNT / 8, 'the next number follows')
  })

  t.test('the last consent is what the box says, and no box is on without one', async t => {
    for (const channel of ['whatsapp', 'viber', 'sms']) {
      t.ok(await count(db, `client_phones where ${channel}`) > 0)
      t.equal(await count(db, `client_phones p where ${channel} <> coalesce((select given from consents where phone_id = p.id and channel = '${channel}' order by id desc limit 1), false)`), 0)
      t.equal(await count(db, `client_phones where ${channel} and e164 is null`), 0)
    }
    t.ok(await count(db, 'client_emails where agrees') > 0)
    t.equal(await count(db, 'client_emails e where agrees <> coalesce((select given from consents where email_id = e.id order by id desc limit 1), false)'), 0)
  })

  t.test('the feed tells how each client came to be what it is', async t => {
    const clients = new Map((await db('clients').select('*')).map(client => [client.id, client]))
    const events = await db('events').where({ kind: 'client.changed' }).orderBy('id')
    const idOf = (value: any) => value?.id ?? value
    const told = new Map<string, unknown>()
    for (const { client_id: id, details } of events) {
      for (const { field, old, new: value } of details.changes) {
        const key = `${id} ${field}`
        if (told.has(key)) t.same(old, told.get(key), key)
        told.set(key, value)
      }
    }
    t.ok(told.size > COUNT / 4)
    for (const [key, value] of told) {
      const [id, field] = key.split(' ') as [string, string]
      const stands = clients.get(Number(id))[(value as any)?.mark_up === undefined ? field : field.replace('discount_services', 'price_type_services_id')]
      t.equal(typeof value === 'number' ? Number(stands) : stands, idOf(value), key)
    }
    t.equal(await count(db, "events e where kind in ('phone.added', 'phone.removed') and not exists (select from client_phones where id = (details #>> '{phone,id}')::bigint and client_id = e.client_id)"), 0)
    t.equal(await count(db, "events e where kind = 'phone.removed' and not exists (select from client_phones where id = (details #>> '{phone,id}')::bigint and removed_at = e.at)"), 0)
  })

  t.test('everybody is found by name, tag, number and e-mail', async t => {
    t.equal(await count(db, "clients c where search_names not like '%' || name_key || '%'"), 0)
    t.equal(await count(db, "client_tags join tags on tags.id = tag_id join clients c on c.id = client_id where search_names not like '%' || tags.name_key || '%'"), 0)
    t.equal(await count(db, "client_phones p join clients c on c.id = client_id where removed_at is null and search_contacts not like '%' || digits || '%'"), 0)
    t.equal(await count(db, "client_emails join clients c on c.id = client_id where removed_at is null and search_contacts not like '%' || address_key || '%'"), 0)
  })

  t.test('the next client can be added, and found', async t => {
    const [{ id }] = await db('clients').insert({ kind: 'company', company_name: 'Łoś' }).returning('id')
    t.equal(id, COUNT + 1)
    await db('client_emails').insert({ client_id: id, address: 'Los@mail.example' })
    await db('events').insert({ client_id: id, kind: 'client.created', version: 1 })
    t.match(await db('clients').where({ id }).first(), { search_names: 'los', search_contacts: 'los@mail.example' })
  })
})

/** What stands around the rows: indexes, keys, references and triggers, and how each of them is set. */
async function built (db: Db): Promise<Record<string, object[]>> {
  const here = "(select oid from pg_class where relnamespace = 'public'::regnamespace)"
  const queries = {
    indexes: `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition, indisvalid, indisready, indisclustered, indisreplident, indcheckxmin, reloptions from pg_index join pg_class on oid = indexrelid where indrelid in ${here} order by 1`,
    constraints: `select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition, convalidated, condeferrable from pg_constraint where conrelid in ${here} order by 1, 2`,
    triggers: `select tgrelid::regclass::text as table, tgname, pg_get_triggerdef(oid) as definition, tgenabled from pg_trigger where tgrelid in ${here} and not tgisinternal order by 1, 2`,
    references: `select tgrelid::regclass::text as table, tgfoid::regproc::text as does, tgenabled, count(*) as count from pg_trigger where tgrelid in ${here} and tgisinternal group by 1, 2, 3 order by 1, 2, 3`,
    columns: `select attrelid::regclass::text as table, attname, attnotnull, attstattarget, attidentity, attgenerated from pg_attribute join pg_class c on c.oid = attrelid where c.oid in ${here} and relkind in ('r', 'i') and attnum > 0 and not attisdropped order by 1, 2`,
    tables: `select oid::regclass::text as name, relpersistence, reloptions, relreplident from pg_class where oid in ${here} and relkind = 'r' order by 1`
  }
  const found: Record<string, object[]> = {}
  for (const [what, sql] of Object.entries(queries)) found[what] = (await db.raw(sql)).rows
  return found
}

t.test('a big shop is made by the hundred thousand, and is no other than one that people filled', async t => {
  const { db } = await testDatabase(t)
  const before = await built(db)
  const MANY = 4100
  await seedDemo(db, { clients: MANY, rich: 400, until })
  t.same(await built(db), before, 'what was taken away for the load is there again')
  t.equal(await count(db, 'clients'), MANY)
  const phones = await db('client_phones').where('client_id', '>', 400).select('e164', 'display', 'digits')
  t.ok(phones.length > 1.3 * MANY - 400 && phones.length < 1.7 * MANY)
  t.same(phones.filter(({ e164, display, digits }) => {
    const read = readNumber(display, 'PL')
    return read.e164 !== e164 || read.display !== display || read.digits !== digits
  }), [], 'its numbers are valid, and read as the form would')
  const words = () => Promise.all([db('clients').orderBy('id').select('id', 'search_names', 'search_contacts'), db('client_words').orderBy(['client_id', 'word']).select('*', db.raw('marks::text as marks'))])
  const made = await words()
  await db.raw('select index_clients(array(select id from clients))')
  const again = await words()
  for (const [n, table] of made.entries()) t.same(table.filter((row, at) => JSON.stringify(row) !== JSON.stringify(again[n]![at])), [], 'the search finds in them what it would have found')
  t.equal(made[1].length, again[1].length)
  t.equal(await count(db, "client_phones p where whatsapp and not exists (select from consents k where k.phone_id = p.id and channel = 'whatsapp' and given)"), 0)
  t.equal(await count(db, 'client_emails m where agrees and not exists (select from consents k where k.email_id = m.id and given)'), 0)
  t.equal(await count(db, 'clients c where not exists (select from events e where e.client_id = c.id)'), 0)
  t.equal(await count(db, 'clients c where version <> (select count(version) from events where client_id = c.id) or active_at < (select max(at) from events where client_id = c.id)'), 0)
  t.equal(await count(db, 'client_values v where unique_key <> unique_key(text_value)'), 0)
  for (const some of ['client_tags', 'client_values', 'clients where price_type_services_id is not null', 'clients where archived_at is not null', 'clients where is_supplier', "clients where company_name <> ''", "clients where address <> ''"]) {
    t.ok(await count(db, `(select * from ${some}) found where ${some.startsWith('clients') ? 'id' : 'client_id'} > 400`) > 5, some)
  }
  t.ok(await count(db, "clients a join clients b on b.id = a.id + 1 and b.address = a.address and fold(a.name) = fold(b.name) where a.address <> '' and a.id > 400") > 2, 'some are there twice')
  t.ok(await count(db, 'client_phones a join client_phones b on b.client_id = a.client_id + 1 and b.e164 = a.e164 where a.client_id > 400') > 2, 'some share a number')
  for (const { flavour, letter } of [{ flavour: 'Polish', letter: 'ł' }, { flavour: 'Spanish', letter: 'ñ' }, { flavour: 'Portuguese', letter: 'ã' }]) t.ok(await count(db, `clients where id > 400 and concat(name, address) like '%${letter}%'`) > 0, `${flavour} names`)
  const [{ id }] = await db('clients').insert({ kind: 'person', surname: 'Next' }).returning('id')
  t.equal(id, MANY + 1)
})

t.test('a big shop that is broken off leaves nothing of its many clients, and all that was taken away for them', async t => {
  const { db } = await testDatabase(t)
  const before = await built(db)
  const cut = (message: string) => { if (message.startsWith('indexes')) throw new Error('the power is gone') }
  await t.rejects(seedDemo(db, { clients: 500, rich: 50, until, log: cut }), { message: 'the power is gone' })
  t.same(await built(db), before)
  t.equal(await count(db, 'clients'), 50)
  t.equal(await findDemo(db), 'started')
  await emptyDemo(db)
  await seedDemo(db, { clients: 500, rich: 50, until })
  t.same([await findDemo(db), await count(db, 'clients')], ['whole', 500])
})

t.test('the same seed makes the same shop', async t => {
  const [one, two, other] = await Promise.all([7, 7, 8].map(async seed => {
    const { db } = await testDatabase(t)
    await seedDemo(db, { clients: 60, seed, until })
    return everything(db)
  }))
  t.same(one, two)
  t.not(one!.clients, other!.clients)
})

async function everything (db: Db): Promise<Record<string, string>> {
  const tables = ['clients', 'client_phones', 'client_emails', 'client_tags', 'consents', 'events']
  const hashes = await Promise.all(tables.map(table => db.raw(`select md5(string_agg(r::text, e'\\n' order by r::text)) as hash from ${table} r`)))
  return Object.fromEntries(tables.map((table, i) => [table, hashes[i].rows[0].hash]))
}

t.test('a broken-off demo is known as such, and can be taken back', async t => {
  const { db } = await testDatabase(t)
  t.equal(await findDemo(db), 'empty')
  await seedDemo(db, { clients: 5 })
  t.equal(await findDemo(db), 'whole')
  await db('organisation').delete()
  t.equal(await findDemo(db), 'started')
  await emptyDemo(db)
  t.equal(await findDemo(db), 'empty')
  await seedDemo(db, { clients: 5 })
  t.equal(await findDemo(db), 'whole')
})

const COMPANIES: [country: string, language: Language, timeZone: string, prefix: string][] = [
  ['PL', 'pl', 'Europe/Warsaw', '48'], ['BR', 'pt', 'America/Sao_Paulo', '55'], ['MX', 'es', 'America/Mexico_City', '52'], ['GB', 'en', 'Europe/London', '44']
]

for (const [country, language, timeZone, prefix] of COMPANIES) {
  t.test(`the example of a company in ${country}`, async t => {
    const { db } = await testDatabase(t)
    const by = await setUp(db, { company: 'Shop', country, currency: 'EUR', time_zone: timeZone, language, name: 'Olga', email: 'olga@shop.example', password: 'example-password' })
    await seedExample(db, { by })
    t.equal(await count(db, 'clients'), 60)
    t.ok(await count(db, 'events') > 180)
    t.equal(await count(db, `events where employee_id <> ${by}`), 0)
    t.ok(await count(db, 'tags') > 4 && await count(db, 'campaigns') > 2 && await count(db, 'locations') > 0)
    t.equal(await count(db, `client_phones where e164 is not null and e164 not like '+${prefix}%'`), 0)
    const wrong = (await db('client_phones').whereNotNull('e164')).filter(({ typed, e164 }) => {
      const read = parsePhoneNumberFromString(typed, country as 'PL')
      return !read?.isValid() || read.number !== e164
    })
    t.same(wrong, [])
    t.equal(await count(db, "client_emails where address not like '%.example'"), 0)
  })
}

t.test('an example that fails leaves nothing', async t => {
  const { db } = await testDatabase(t)
  const by = await setUp(db, { company: 'Shop', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl', name: 'Olga', email: 'olga@shop.example', password: 'example-password' })
  await db('tags').insert({ name: 'VIP' })
  await t.rejects(seedExample(db, { by }))
  t.equal(await count(db, 'clients') + await count(db, 'locations') + await count(db, 'campaigns'), 0)
})

t.test('npm run demo', async t => {
  const { db, url } = await testDatabase(t)

  t.test('makes the shop once, says who can sign in, and serves it', async t => {
    const first = await runDemo(url, ['--clients', '30'])
    t.match(first.output, /30 clients[^]*Sofia Romero Vega +specialist +sofia@clientela\.example[^]*Clientela is open at http:/)
    t.ok(first.output.includes(DEMO_PASSWORD))
    t.equal(first.code, 0)
    await db('clients').where({ id: 1 }).update({ note: 'mine' })

    const second = await runDemo(url)
    t.match(second.output, /as you left it[^]*is open at/)
    t.equal(await count(db, 'clients'), 30)
    t.equal((await db('clients').where({ id: 1 }).first('note')).note, 'mine')
  })

  t.test('leaves a database with other data alone', async t => {
    const { db, url } = await testDatabase(t)
    await db('clients').insert({ kind: 'company', company_name: 'Ours' })
    const { code, output } = await runDemo(url)
    t.equal(code, 1)
    t.match(output, /somebody's data/)
    t.equal(await count(db, 'clients') + await count(db, 'employees'), 1)
  })

  t.test('refuses a number of clients that is none', async t => {
    const { code, output } = await runDemo(url, ['--clients', 'many'])
    t.equal(code, 1)
    t.match(output, /--clients/)
  })
})

/** Runs the script on a database until it serves or ends, then stops it. */
async function runDemo (url: string, args: string[] = []): Promise<{ code: number | null, output: string }> {
  const child = spawn(process.execPath, [inRoot('dist/scripts/demo.js'), ...args], { env: { ...process.env, DATABASE_URL: url, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
      if (output.includes('is open at')) child.kill('SIGTERM')
    })
  }
  const [code] = await once(child, 'close')
  return { code, output }
}
