import t from 'tap'
import { secondApp } from '../support/app.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { found, startMapServer } from '../support/map-server.js'
import { says, words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const server = await startMapServer(t)
  await db('map_settings').update({ tile_url: server.tiles, geocoder_url: server.geocoder })
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: 'Wójcik', address: 'ul. Kwiatowa 5, Wrocław' })
  const place = async () => db('clients').where({ id }).first(db.raw('latitude::float8, longitude::float8, place_source, place_address'))
  const moves = () => db('events').where({ kind: 'place.changed' }).orderBy('id').select('details', 'employee_id')
  return { ...made, server, id, path: `/clients/${id}/map`, place, moves }
}

t.test('the page asks for the place by itself, once, and then shows it', async t => {
  const { as, sofia, server, path, place, moves, db, id } = await shop(t)
  const before = await db('clients').where({ id }).first('version')
  const first = await as(sofia).get(path)
  t.equal(first.status, 200)
  t.match(first.body, new RegExp(`hx-post="${path}/look-up" hx-trigger="load"`))
  t.match(first.body, /openstreetmap\.org\/search\?query=ul\.%20Kwiatowa/, 'a link for who has no scripts')
  t.equal(server.lookups.length, 0, 'looking at the page asks nobody')

  const answer = await as(sofia).post(`${path}/look-up`, {}, { fragment: true })
  t.equal(answer.status, 200)
  t.notMatch(answer.body, /<html/)
  t.match(answer.body, /data-latitude="51\.107885" data-longitude="17\.038538"/)
  t.match(answer.body, /openstreetmap\.org\/\?mlat=51\.107885&amp;mlon=17\.038538#map=17/)
  t.match(await place(), { latitude: 51.107885, longitude: 17.038538, place_source: 'geocoder', place_address: 'ul. Kwiatowa 5, Wrocław' })
  t.same(await moves(), [], 'what was found is nobody\'s work')
  t.same(await db('clients').where({ id }).first('version'), before)

  const then = await as(sofia).get(path)
  t.match(then.body, words('place.found'))
  t.notMatch(then.body, 'hx-trigger="load"')
  t.match((await as(sofia).post(`${path}/look-up`)).location, path, 'a page goes on to the map')
  t.equal(server.lookups.length, 1)
})

t.test('the page lets in the pictures of the map\'s server and nobody else\'s, and comes as a page of its own', async t => {
  const { as, anna, server, path, db, id } = await shop(t)
  const csp = async () => (await as(anna).get(path)).headers['content-security-policy']
  t.match(await csp(), new RegExp(`;img-src 'self' data: ${server.origin}$`))
  await db('map_settings').update({ tile_url: 'https://{s}.tile.example:8443/{z}/{x}/{y}{r}.png?key=1;script-src' })
  t.match(await csp(), /;img-src 'self' data: https:\/\/a\.tile\.example:8443 https:\/\/b\.tile\.example:8443 https:\/\/c\.tile\.example:8443$/)
  t.notMatch((await as(anna).get(`/clients/${id}`)).headers['content-security-policy'], 'img-src')

  const page = (await as(anna).get(path)).body
  t.match(page, /<link rel="stylesheet" href="\/assets\/map\.[\w-]{10}\.css">/)
  t.match(page, /<script src="\/assets\/map\.[\w-]{10}\.js" defer>/)
  t.notMatch(page, 'hx-boost:inherited')
  t.notMatch((await as(anna).get(`/clients/${id}`)).body, '/assets/map.')
  t.match((await as(anna).get(`/clients/${id}`)).body, `href="${path}" hx-boost="false"`)
  const boosted = await as(anna).get(path, { headers: { 'hx-request': 'true', 'hx-request-type': 'full' } })
  t.match(boosted, { status: 200, body: '', headers: { 'hx-redirect': path } })
})

t.test('when nothing is found or nobody answers, the page says so and offers the pin', async t => {
  const { as, anna, sofia, server, path, place, db, url, id } = await shop(t)
  const look = async (who = sofia) => (await as(who).post(`${path}/look-up`, {}, { fragment: true })).body
  server.answer = response => { response.writeHead(500).end() }
  const failed = await look()
  t.ok(says(failed, 'place.problems.failed'))
  t.ok(says(failed, 'place.put_by_hand') && says(failed, 'place.again'))
  t.notMatch(failed, 'hx-trigger="load"', 'it doesn\'t go on asking')
  server.answer = []
  await db('geocoder_turn').update({ next_at: db.fn.now() })
  t.ok(says((await as(sofia).post(`${path}/look-up`)).body, 'place.problems.missing'), 'as a page too')
  await db('geocoder_answers').delete()
  await db('geocoder_turn').update({ next_at: db.raw("now() + interval '1 hour'") })
  t.ok(says(await look(), 'place.problems.busy'))
  const second = await secondApp(t, { db, url })
  t.ok(says((await as(sofia, second).post(`${path}/look-up`, {}, { fragment: true })).body, 'place.problems.busy'), 'another process keeps to it')
  t.equal(server.lookups.length, 2)
  await db('map_settings').update({ geocoder_url: '' })
  t.ok(says((await as(sofia).get(path)).body, 'place.problems.off'))
  t.match(await place(), { latitude: null })

  const [{ id: role }] = await db('roles').insert({ name: 'Viewer', rights: ['clients.view'] }).returning('id')
  await db('employees').where({ id: sofia.id }).update({ role_id: role })
  t.notOk(says((await as(sofia).get(path)).body, 'place.put_by_hand'), 'who may not')
  await db('clients').where({ id }).update({ address: '' })
  t.ok(says((await as(anna).get(path)).body, 'place.nothing_to_look_up'))
})

t.test('the pin is put by hand, told in the feed, and taken back', async t => {
  const { as, sofia, marek, path, place, moves, id, server } = await shop(t)
  await as(marek).post(`${path}/look-up`)
  const form = formOf((await as(sofia).get(path)).body, path)
  const saved = await as(sofia).post(path, { ...form, latitude: '51,1', longitude: ' 17.04° ' })
  t.same([saved.status, saved.location], [303, path])
  t.match(await place(), { latitude: 51.1, longitude: 17.04, place_source: 'hand', place_address: 'ul. Kwiatowa 5, Wrocław' })
  t.match(await moves(), [{ employee_id: sofia.id, details: { old: { latitude: 51.107885, source: 'geocoder' }, new: { latitude: 51.1, longitude: 17.04, source: 'hand' } } }])
  t.match((await as(sofia).get(path)).body, /Put there by Sofia Ramos, today/)
  t.match((await as(sofia).get(`/clients/${id}`)).body, /<del class="num">51\.10789, 17\.03854<\/del> → <ins class="num">51\.10000, 17\.04000<\/ins>/)

  await as(sofia).post(path, { latitude: '51.1079, 17.0385', longitude: '' })
  t.match(await place(), { latitude: 51.1079, longitude: 17.0385 }, 'both from one field, as maps give them')
  await as(sofia).post(path, { latitude: '51.1079', longitude: '17.0385' })
  t.equal((await moves()).length, 2, 'there already: nothing to tell')

  const undo = /\/clients\/\d+\/map\/undo\/\d+/
  const moved = await as(sofia).post(path, { latitude: '-33.5', longitude: '-179.999999' })
  const flash = String([moved.headers['set-cookie']].flat()[0]).split(';')[0]!
  const [back] = undo.exec((await as(sofia).get(path, { headers: { cookie: `${as(sofia).cookie}; ${flash}` } })).body)!
  t.equal((await as(sofia).post(back)).status, 303)
  t.match(await place(), { latitude: 51.1079, longitude: 17.0385, place_source: 'hand' })
  t.equal((await as(sofia).post(back)).status, 303)
  t.match(await place(), { latitude: 51.1079 }, 'it moved since, so it stays')
  t.equal((await moves()).length, 4)
  for (const event of ['1', '999999', 'x']) t.equal((await as(sofia).post(`${path}/undo/${event}`)).status, 404, event)
  t.equal(server.lookups.length, 1)
})

t.test('what is no place is refused beside its field, and what was typed stays', async t => {
  const { as, sofia, path, place } = await shop(t)
  for (const [latitude, longitude, wrong] of [['', '', { latitude: 'form.required', longitude: 'form.required' }], ['north', '17', { latitude: 'place.no_degrees' }], ['91', '17', { latitude: 'place.out_of_range' }], ['51', '-180.1', { longitude: 'place.out_of_range' }], ['1e1', '0x10', { latitude: 'place.no_degrees', longitude: 'place.no_degrees' }], ['51\u0000', '17', { latitude: 'form.control_characters' }], ['5'.repeat(500), '17', { latitude: 'form.too_long' }]] as const) {
    for (const fragment of [true, false]) {
      const page = await as(sofia).post(path, { latitude, longitude }, { fragment })
      t.equal(page.status, 422, latitude)
      for (const [field, key] of Object.entries(wrong)) t.equal(page.error(field), words(key, { most: field === 'latitude' ? 90 : 180, max: 60, length: 500 }))
      if (longitude) t.match(page.body, `name="longitude" type="text" value="${longitude}"`)
    }
  }
  t.equal((await as(sofia).post(path, { latitude: ['51', '52'], longitude: '17' })).status, 303)
  t.match(await place(), { latitude: 51 })
})

t.test('of two who move the pin the second is told, and so is who put it for another address', async t => {
  const { as, anna, sofia, path, place, id, db } = await shop(t)
  const [hers, theirs] = [formOf((await as(anna).get(path)).body, path), formOf((await as(sofia).get(path)).body, path)]
  await as(anna).post(path, { ...hers, latitude: '51.1', longitude: '17.1' })
  const asked = await as(sofia).post(path, { ...theirs, latitude: '51.2', longitude: '17.2' })
  t.equal(asked.status, 409)
  t.ok(says(asked.body, 'place.moved_meanwhile'))
  t.match(asked.body, /51\.100000, 17\.100000/, 'theirs')
  t.match(asked.body, /name="latitude" type="text" value="51\.2"/, 'what was typed')
  t.match(await place(), { latitude: 51.1 })
  await as(sofia).post(path, formOf(asked.body, path))
  t.match(await place(), { latitude: 51.2 }, 'who has seen it may go on')

  const form = formOf((await as(sofia).get(path)).body, path)
  await as(anna).post(`/clients/${id}/parts/address`, { address: 'Lipowa 1, Oława' })
  t.equal((await as(sofia).post(path, form)).status, 409)
  t.match(await place(), { latitude: 51.2, place_source: 'hand', place_address: 'ul. Kwiatowa 5, Wrocław' }, 'a pin put by hand outlives its address')
  const page = (await as(sofia).get(path)).body
  t.ok(says(page, 'place.other_address', { address: 'ul. Kwiatowa 5, Wrocław' }) && says(page, 'place.keep'))
  const told = Number((await db('events').where({ kind: 'place.changed' })).length)
  await as(sofia).post(path, formOf(page, path))
  t.match(await place(), { latitude: 51.2, place_address: 'Lipowa 1, Oława' })
  t.equal((await db('events').where({ kind: 'place.changed' })).length, told, 'it is where it was')
})

t.test('what was found for an address goes with it, and a pin gives way to the address on request', async t => {
  const { as, anna, sofia, server, path, place, moves, id, db } = await shop(t)
  await as(anna).post(`${path}/look-up`)
  await as(anna).post(`/clients/${id}/parts/address`, { address: 'Lipowa 1, Oława' })
  t.match(await place(), { latitude: null, place_source: null })
  await as(anna).post(path, { latitude: '51', longitude: '17' })
  await db('geocoder_turn').update({ next_at: db.fn.now() })
  server.answer = [found(50.9, 17.3)]
  await as(anna).post(`${path}/look-up`)
  t.match(await place(), { latitude: 51, place_source: 'hand' }, 'asked without saying so, it stays')
  const page = (await as(sofia).get(path)).body
  await as(sofia).post(`${path}/look-up`, { ...formOf(page, `${path}/look-up`), replace: '1' })
  t.match(await place(), { latitude: 50.9, longitude: 17.3, place_source: 'geocoder', place_address: 'Lipowa 1, Oława' })
  t.match((await moves()).at(-1), { details: { old: { source: 'hand' }, new: { source: 'geocoder' } } })
})

t.test('it is for those who see the client, and to be moved by those who edit', async t => {
  const { as, sofia, nuno, path, place, db, id, server } = await shop(t)
  const posts = [path, `${path}/look-up`, `${path}/undo/1`]
  for (const post of posts) {
    t.equal((await as(nuno).post(post)).status, 403, post)
    t.equal((await as(null).post(post)).status, 401, post)
    for (const bad of ['999999', 'x', '0']) t.equal((await as(sofia).post(post.replace(`/${id}/`, `/${bad}/`), { latitude: '1', longitude: '1' })).status, 404, post)
  }
  t.equal((await as(nuno).get(path)).status, 403)
  t.match((await as(null).get(path)).location, /^\/sign-in/)
  t.equal((await as(sofia).get('/clients/999999/map')).status, 404)
  await db('clients').where({ id }).update({ is_supplier: true })
  t.equal((await as(sofia).get(path)).status, 404, 'a client she may not know of')
  for (const post of posts) t.equal((await as(sofia).post(post, { latitude: '1', longitude: '1' })).status, 404, post)
  await db('clients').where({ id }).update({ is_supplier: false })
  const viewers = await db('roles').insert({ name: 'Viewer', rights: ['clients.view'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: viewers[0].id })
  const page = await as(nuno).get(path)
  t.equal(page.status, 200)
  t.notMatch(page.body, /id="pin-form"|data-editable/)
  t.equal((await as(nuno).post(path, { latitude: '1', longitude: '1' })).status, 403)
  t.equal((await as(nuno).post(`${path}/look-up`, { replace: '1' })).status, 403)
  t.equal((await as(nuno).post(`${path}/look-up`)).status, 303, 'but looking is for whoever sees the address')
  t.match(await place(), { place_source: 'geocoder' })
  t.equal(server.lookups.length, 1)
})
