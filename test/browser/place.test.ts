import { mkdirSync } from 'node:fs'
import t from 'tap'
import type { Page } from 'playwright-core'
import { boxOf } from '../support/browser.js'
import { addClient } from '../support/clients.js'
import { openDesk } from '../support/desk.js'
import { startMapServer } from '../support/map-server.js'

async function shop (t: Parameters<typeof openDesk>[0]) {
  const desk = await openDesk(t)
  const server = await startMapServer(t)
  await desk.db('map_settings').update({ tile_url: server.tiles, geocoder_url: server.geocoder })
  const id = await addClient(desk.db, desk.anna, { first_name: 'Zofia', surname: 'Wójcik' })
  const place = async () => desk.db('clients').where({ id }).first(desk.db.raw('latitude::float8, longitude::float8, place_source'))
  return { ...desk, server, id, place }
}

async function picture (page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: `${folder}/${name}.png` })
}

t.test('see a place: an address is typed, looked up on the map, and its pin put right', async t => {
  const { enter, sofia, server, id, place } = await shop(t)
  const { page, problems } = await enter(sofia, { viewport: { width: 1366, height: 768 } })
  await page.goto(`/clients/${id}`)
  await page.fill('#address', 'ul. Kwiatowa 5, Wrocław')
  // Typed and pressed in one go: the map shows what was typed.
  await page.click('a[data-after-save]')
  await page.waitForURL(`**/clients/${id}/map`)
  await page.waitForSelector('.map-pin')
  await page.waitForSelector('.leaflet-tile-loaded')
  t.match(await page.textContent('#place'), /ul\. Kwiatowa 5, Wrocław/)
  t.same(await page.inputValue('#latitude'), '51.107885')
  t.match(await page.textContent('.leaflet-control-attribution'), '© OpenStreetMap contributors')
  t.equal(await page.getAttribute('.leaflet-control-attribution a', 'href'), 'https://www.openstreetmap.org/copyright')
  t.ok(server.tilesSent.length > 0 && server.tilesSent.every(({ referer }) => /^http:\/\/127\.0\.0\.1:\d+\/$/.test(referer ?? '')), 'the tiles are asked for with the origin, and no more')
  await picture(page, 'place')

  const box = await boxOf(page.locator('#map'))
  await page.mouse.click(box.x + box.width / 2 + 80, box.y + box.height / 2)
  const clicked = await page.inputValue('#longitude')
  t.ok(Number(clicked) > 17.038538)
  const pin = await boxOf(page.locator('.map-pin'))
  await page.mouse.move(pin.x + 20, pin.y + 20)
  await page.mouse.down()
  await page.mouse.move(pin.x + 20, pin.y - 60, { steps: 5 })
  await page.mouse.up()
  const latitude = await page.inputValue('#latitude')
  t.ok(Number(latitude) > 51.107885)
  await page.click('#pin-form .primary')
  await page.waitForSelector('#flash :text("saved")')
  t.match(await place(), { latitude: Number(latitude), longitude: Number(clicked), place_source: 'hand' })
  await page.waitForSelector('.leaflet-tile-loaded')
  await page.click('#flash .linklike')
  await page.waitForSelector('#flash :text("back")')
  t.match(await place(), { latitude: 51.107885, place_source: 'geocoder' })

  // The inputs move the pin, for who can't drag it.
  await page.fill('#latitude', '51.2')
  await page.locator('#latitude').blur()
  await page.click('.crumbs a')
  await page.waitForURL(`**/clients/${id}`)
  t.equal(server.lookups.length, 1)
  t.same(problems, [])
})

t.test('without JavaScript, and on a phone', async t => {
  const { enter, sofia, server, id, place, db } = await shop(t)
  await db('clients').where({ id }).update({ address: 'ul. Kwiatowa 5, Wrocław' })
  const { page, problems } = await enter(sofia, { javaScript: false, viewport: { width: 390, height: 844 } })
  await page.goto(`/clients/${id}`)
  await page.click('a[data-after-save]')
  await page.click('noscript button, form[action$="/look-up"] button')
  await page.waitForURL(`**/clients/${id}/map`)
  t.match(await page.getAttribute('.actions a', 'href'), 'https://www.openstreetmap.org/?mlat=51.107885&mlon=17.038538')
  await picture(page, 'place-plain-narrow')
  await page.fill('#latitude', 'north')
  await page.click('#pin-form .primary')
  await page.waitForSelector('#latitude-error')
  await page.fill('#latitude', '51.2, 17.1')
  await page.fill('#longitude', '')
  await page.click('#pin-form .primary')
  await page.waitForSelector('#flash :text("saved")')
  t.match(await place(), { latitude: 51.2, longitude: 17.1, place_source: 'hand' })
  t.same([server.lookups.length, server.tilesSent.length], [1, 0])
  t.same(problems, [])
})

t.test('without the network the page still says where', async t => {
  const { enter, sofia, server, id, db } = await shop(t)
  await db('clients').where({ id }).update({ address: 'Rynek 1', latitude: 51.1, longitude: 17, place_source: 'geocoder', place_address: 'Rynek 1' })
  await db('map_settings').update({ tile_url: 'http://127.0.0.1:1/{z}/{x}/{y}.png' })
  const { page } = await enter(sofia, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
  await page.goto(`/clients/${id}/map`)
  await page.waitForSelector('#map-dark:not([hidden])')
  t.match(await page.textContent('#place'), /51\.100000, 17\.000000/)
  await picture(page, 'place-dark-narrow')
  t.equal(server.lookups.length, 0)
})
