import t from 'tap'
import { cast } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

const PATH = '/settings/map'
const OURS = { tile_url: 'https://{s}.tiles.example/{z}/{x}/{y}{r}.png', attribution: 'Maps <b>of ours</b>', attribution_url: 'https://tiles.example/terms', geocoder_url: 'http://10.0.0.7:8080/search', contact: 'office@naprawa.example' }

t.test('OpenStreetMap is what it begins with, and what is saved is kept and told', async t => {
  const { as, anna, db } = await cast(t)
  const page = await as(anna).get(PATH)
  t.match(page.body, /value="https:\/\/tile\.openstreetmap\.org\/\{z\}\/\{x\}\/\{y\}\.png"/)
  t.match(page.body, /value="https:\/\/nominatim\.openstreetmap\.org\/search"/)
  t.match(page.body, /value="https:\/\/www\.openstreetmap\.org\/copyright"/)
  t.notMatch((await as(anna).get(PATH, { fragment: true })).body, /<html/)

  const saved = await as(anna).post(PATH, { ...formOf(page.body, PATH), ...OURS })
  t.same([saved.status, saved.location], [303, PATH])
  t.match(await db('map_settings').first(), OURS)
  t.match(await db('audit_entries').where({ kind: 'settings.map' }), [{ employee_id: anna.id, details: { changes: [{ field: 'tile_url', new: OURS.tile_url }, {}, {}, {}, {}] } }])
  t.match((await as(anna).get(PATH)).body, 'Maps &lt;b&gt;of ours&lt;/b&gt;')
  t.equal((await as(anna).post(PATH, { ...OURS, geocoder_url: '' })).status, 303, 'it may look nothing up')
})

t.test('addresses that lead nowhere good are refused, and what was typed stays', async t => {
  const { as, anna, db } = await cast(t)
  const before = await db('map_settings').first()
  const wrong: [field: keyof typeof OURS, value: string, key: string, values?: Record<string, unknown>][] = [
    ['tile_url', '', 'form.required'],
    ['tile_url', 'javascript:alert({z}{x}{y})', 'map.address_wrong'],
    ['tile_url', 'file:///{z}/{x}/{y}', 'map.address_wrong'],
    ['tile_url', '//tiles.example/{z}/{x}/{y}', 'map.address_wrong'],
    ['tile_url', 'https://user:pass@tiles.example/{z}/{x}/{y}', 'map.address_wrong'],
    ['tile_url', 'https://tiles.example/{z}/{x}.png', 'map.placeholders_missing', { names: '{y}' }],
    ['tile_url', 'https://tiles.example/{z}/{x}/{y}/{toString}', 'map.placeholder_unknown', { name: '{toString}' }],
    ['tile_url', 'https://{x}.tiles.example/{z}/{y}', 'map.placeholder_in_host', { example: 'https://{s}.example.com' }],
    ['tile_url', 'https://tiles.{s}.example/{z}/{x}/{y}', 'map.placeholder_in_host', { example: 'https://{s}.example.com' }],
    ['tile_url', `https://tiles.example/{z}/{x}/{y}${'a'.repeat(400)}`, 'form.too_long', { max: 300, length: 433 }],
    ['attribution', ' ', 'form.required'],
    ['attribution_url', 'javascript:alert(1)', 'map.address_wrong'],
    ['geocoder_url', 'ftp://geocoder.example/', 'map.address_wrong'],
    ['geocoder_url', 'http://', 'map.address_wrong'],
    ['geocoder_url', 'http://root:secret@127.0.0.1/', 'map.address_wrong'],
    ['contact', 'Łukasz', 'map.contact_wrong'],
    ['contact', 'a\r\nX-Evil: 1', 'map.contact_wrong']
  ]
  for (const [field, value, key, values] of wrong) {
    const page = await as(anna).post(PATH, { ...OURS, [field]: value }, { fragment: true })
    t.equal(page.status, 422, value)
    t.equal(page.error(field), words(key, values), value)
    t.match(page.body, 'value="Maps &lt;b&gt;of ours&lt;/b&gt;"'.replace(/.*/, found => field === 'attribution' ? 'name="attribution"' : found))
  }
  t.equal((await as(anna).post(PATH)).status, 422)
  t.same(await db('map_settings').first(), before)
})

t.test('of two who save the second is told', async t => {
  const { as, anna, olga, db } = await cast(t)
  const form = formOf((await as(anna).get(PATH)).body, PATH)
  await as(olga).post(PATH, { ...form, contact: 'olga@naprawa.example' })
  const asked = await as(anna).post(PATH, { ...form, contact: 'anna@naprawa.example' })
  t.equal(asked.status, 409)
  t.ok(says(asked.body, 'map.changed_meanwhile'))
  t.match(asked.body, /olga@naprawa\.example[^]*value="anna@naprawa\.example"/)
  t.equal((await db('map_settings').first()).contact, 'olga@naprawa.example')
  t.equal((await as(anna).post(PATH, formOf(asked.body, PATH))).status, 303)
  t.equal((await db('map_settings').first()).contact, 'anna@naprawa.example')
})

t.test('it is for those who manage settings', async t => {
  const { as, marek } = await cast(t)
  t.equal((await as(marek).get(PATH)).status, 403)
  t.equal((await as(marek).post(PATH, OURS)).status, 403)
  t.equal((await as(null).post(PATH, OURS)).status, 401)
})
