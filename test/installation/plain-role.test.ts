import t from 'tap'
import { openDatabase } from '../../src/database/knex.js'
import { migrateToLatest } from '../../src/database/migrate.js'
import { secondApp } from '../support/app.js'
import { visitor } from '../support/cast.js'
import { sessionCookie } from '../support/cookies.js'
import { testDatabase } from '../support/database.js'
import { administer } from '../support/server.js'

t.test('on a server of somebody else\'s, whose user is no superuser, everything is made and a lead comes in', async t => {
  const { url, db: admin } = await testDatabase(t, { empty: true })
  const role = `plain_${new URL(url).pathname.slice(1)}`, { rows: [{ database }] } = await admin.raw('select current_database() as database')
  await admin.raw(`create role ${role} login password 'plain'`)
  await admin.raw(`alter database ${database} owner to ${role}`)
  const plain = new URL(url)
  Object.assign(plain, { username: role, password: 'plain' })
  const db = openDatabase(plain.href)
  t.teardown(async () => {
    await db.destroy()
    await admin.raw(`reassign owned by ${role} to current_user; drop owned by ${role}`)
    await administer(process.env.CLIENTELA_TEST_SERVER!, `drop role ${role}`)
  })
  t.same((await db.raw('select rolsuper from pg_roles where rolname = current_user')).rows, [{ rolsuper: false }])
  await migrateToLatest(db)

  const app = await secondApp(t, { db, url: plain.href })
  const set = await visitor(app, '').post('/setup', { company: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'en', name: 'Olga', email: 'olga@naprawa.example', password: 'a brand new one' })
  const owner = visitor(app, sessionCookie(set))
  const typed = { type_id: (await db('lead_types').where({ key: 'lead' }).first('id')).id, contact_name: 'Ewa', phone_rows: 0, 'phones.0.number': '600 123 456' }
  t.equal((await owner.post('/leads', typed)).status, 303)
  t.equal((await owner.post('/clients', { kind: 'person', surname: 'Nowak' })).status, 303)
  t.match(await db('leads'), [{ contact_name: 'Ewa', search_phones: /600123456/ }])
  t.match((await owner.get('/clients?q=now')).body, 'Nowak')
})
