import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { createLocation, listLocations } from '../../src/locations/queries.js'
import { cast } from '../support/cast.js'
import { testDatabase } from '../support/database.js'

t.test('the list says what belongs here, then shows it with who uses it', async t => {
  const { as, anna, marek, db } = await cast(t)
  t.match((await as(anna).get('/settings/locations')).body, /No locations yet/)

  const rynek = await location(db, 'Rynek')
  await location(db, 'Łąkowa')
  for (const archived of [false, false, true]) await client(db, rynek, { archived })
  await db('employee_locations').insert([{ employee_id: anna.id, location_id: rynek }, { employee_id: marek.id, location_id: rynek }])
  const page = await as(anna).get('/settings/locations')
  t.equal(page.status, 200)
  const [first, second] = page.body.slice(page.body.indexOf('<tbody>')).split('<tr>').slice(1)
  t.match(first, /Łąkowa.*Clients">\s*0\s*<.*Employees">0</s)
  t.match(second, /Rynek.*Clients">\s*<a href="\/clients\?location=\d+">2<.*Employees">2</s)

  const fragment = await as(anna).get('/settings/locations', { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.match(fragment.body, /Rynek/)
})

t.test('a location is added', async t => {
  const { as, anna, db } = await cast(t)
  t.equal((await as(anna).get('/settings/locations/new')).status, 200)
  const answer = await as(anna).post('/settings/locations', { name: '  Rynek 7 ' })
  t.equal(answer.status, 303)
  t.equal(answer.location, '/settings/locations')
  t.match(await db('locations'), [{ name: 'Rynek 7' }])
  t.equal((await as(anna).post('/settings/locations', { name: 'Łąkowa' }, { fragment: true })).headers['hx-redirect'], '/settings/locations')
})

t.test('a location is renamed', async t => {
  const { as, anna, db } = await cast(t)
  const id = await location(db, 'Rynek')
  const form = await as(anna).get(`/settings/locations/${id}`)
  t.equal(form.status, 200)
  t.match(form.body, /value="Rynek"/)
  t.match((await as(anna).get(`/settings/locations/${id}`, { fragment: true })).body, /^\s*<form/)
  t.equal((await as(anna).post(`/settings/locations/${id}`, { name: 'Rynek 7' })).status, 303)
  t.match(await db('locations'), [{ name: 'Rynek 7' }])
})

t.test('a name is needed, not too long, and unique whatever its case', async t => {
  const { as, anna, db } = await cast(t)
  await location(db, 'Łąkowa')
  const other = await location(db, 'Rynek')
  for (const path of ['/settings/locations', `/settings/locations/${other}`]) {
    for (const fragment of [false, true]) {
      const taken = await as(anna).post(path, { name: 'łĄKOWA' }, { fragment })
      t.equal(taken.status, 422)
      t.match(taken.error('name'), /already/)
      t.match(taken.body, /value="łĄKOWA"/)
      t.equal(/<html/.test(taken.body), !fragment)
    }
    t.match((await as(anna).post(path, { name: ' ' })).error('name'), /Fill this in/)
    t.match((await as(anna).post(path)).error('name'), /Fill this in/)
    const long = await as(anna).post(path, { name: 'ż'.repeat(101) })
    t.match(long.error('name'), /101 characters, 100 at most/)
    t.match(long.body, 'ż'.repeat(101))
  }
  t.same((await db('locations').orderBy('id')).map(row => row.name), ['Łąkowa', 'Rynek'])
})

t.test('a location is deleted when nobody uses it', async t => {
  const { as, anna, db } = await cast(t)
  const id = await location(db, 'Rynek')
  await client(db, id)
  await client(db, id, { archived: true })
  await db('employee_locations').insert({ employee_id: anna.id, location_id: id })
  const page = await as(anna).get(`/settings/locations/${id}`)
  t.match(page.body, /2 clients\. Archived among them: 1\..*1 employee\./s)
  t.notMatch(page.body, /\/delete"/)

  for (const fragment of [false, true]) {
    const refused = await as(anna).post(`/settings/locations/${id}/delete`, {}, { fragment })
    t.equal(refused.status, 422)
    t.match(refused.body, /role="alert".*2 clients.*1 employee/s)
  }
  await db('clients').delete()
  t.equal((await as(anna).post(`/settings/locations/${id}/delete`)).status, 422, 'an employee alone keeps it')
  t.equal((await db('employee_locations')).length, 1)

  await db('employee_locations').delete()
  t.match((await as(anna).get(`/settings/locations/${id}`)).body, /\/delete"/)
  t.equal((await as(anna).post(`/settings/locations/${id}/delete`)).status, 303)
  t.equal((await db('locations')).length, 0)
})

t.test('an employee who is given a location while it is deleted keeps it', async t => {
  const { as, anna, db } = await cast(t)
  const id = await location(db, 'Rynek')
  const saving = await db.transaction()
  await saving('employee_locations').insert({ employee_id: anna.id, location_id: id })
  const deleting = as(anna).post(`/settings/locations/${id}/delete`)
  await new Promise(resolve => setTimeout(resolve, 100))
  await saving.commit()
  t.equal((await deleting).status, 422)
  t.equal((await db('employee_locations')).length, 1)
})

t.test('there is nothing at a bad id', async t => {
  const { as, anna } = await cast(t)
  for (const id of ['999', '0', 'x', '99999999999999999999']) {
    t.equal((await as(anna).get(`/settings/locations/${id}`)).status, 404, id)
    t.equal((await as(anna).post(`/settings/locations/${id}`, { name: 'Rynek' })).status, 404, id)
    t.equal((await as(anna).post(`/settings/locations/${id}/delete`)).status, 404, id)
  }
})

t.test('it is for those who manage settings', async t => {
  const { as, marek, sofia, db } = await cast(t)
  const id = await location(db, 'Rynek')
  const gets = ['/settings/locations', '/settings/locations/new', `/settings/locations/${id}`]
  const posts = ['/settings/locations', `/settings/locations/${id}`, `/settings/locations/${id}/delete`]
  for (const person of [marek, sofia]) {
    for (const path of gets) t.equal((await as(person).get(path)).status, 403, path)
    for (const path of posts) t.equal((await as(person).post(path, { name: 'Mine' })).status, 403, path)
  }
  for (const path of gets) t.match(await as(null).get(path), { status: 303, location: `/sign-in?to=${encodeURIComponent(path)}` })
  for (const path of posts) t.equal((await as(null).post(path, { name: 'Mine' })).status, 401, path)
  t.match(await db('locations'), [{ name: 'Rynek' }])
})

t.test('for other pages: all of them by name', async t => {
  const { db } = await testDatabase(t)
  const made = []
  for (const name of ['Łódź', 'Aveiro', 'Ángeles']) made.push(await createLocation(db, { name }))
  t.same(await listLocations(db), [made[2], made[1], made[0]])
})

async function location (db: Db, name: string): Promise<number> {
  const [row] = await db('locations').insert({ name }).returning('id')
  return row.id
}

async function client (db: Db, locationId: number, { archived = false } = {}): Promise<void> {
  await db('clients').insert({ kind: 'person', first_name: 'Íñigo', location_id: locationId, archived_at: archived ? db.fn.now() : null })
}
