import t from 'tap'
import { openDesk } from '../support/desk.js'

t.test('two people edit one field: the second sees what changed and decides', async t => {
  const { enter, anna, marek, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć', note: 'Likes tea' })
  const [a, m] = [await enter(anna), await enter(marek)]
  await Promise.all([a, m].map(({ page }) => page.goto(`/clients/${id}`)))
  const noteOf = async () => (await db('clients').where({ id }).first('note')).note

  await m.page.fill('#note', 'Prefers Viber')
  await m.page.locator('#note').blur()
  await m.page.waitForSelector('#part-note .saved')

  await a.page.fill('#note', 'Call after 17:00')
  await a.page.locator('#note').blur()
  await a.page.waitForSelector('#part-note .conflicts')
  t.match(await a.page.textContent('#part-note .conflicts'), /Marek Nowak/)
  t.match(await a.page.textContent('#part-note .conflicts'), /Prefers Viber/)
  t.equal(await a.page.inputValue('#note'), 'Call after 17:00', 'what was typed stays')
  t.equal(await noteOf(), 'Prefers Viber', 'nothing is written over')
  await a.page.click('#part-note [value=mine]')
  await a.page.waitForSelector('#part-note .saved')
  t.equal(await a.page.locator('.conflicts').count(), 0)
  t.equal(await noteOf(), 'Call after 17:00')

  await m.page.fill('#note', 'Likes coffee')
  await m.page.locator('#note').blur()
  await m.page.click('#part-note [value=theirs]')
  await m.page.waitForSelector('#part-note .saved')
  t.equal(await m.page.inputValue('#note'), 'Call after 17:00', 'theirs is in the field now')
  t.equal(await noteOf(), 'Call after 17:00')
  t.same([...a.problems, ...m.problems], [])
})

t.test('without JavaScript too, and what only one of them changed is kept', async t => {
  const { enter, anna, as, marek, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć', note: 'Likes tea' })
  const { page, problems } = await enter(anna, { javaScript: false })
  await page.goto(`/clients/${id}`)
  await as(marek).post(`/clients/${id}/parts/note`, { note: 'Prefers Viber' })
  await as(marek).post(`/clients/${id}/parts/address`, { address: 'Rynek 1' })

  await page.fill('#note', 'Call after 17:00')
  await page.fill('#first-name', 'Zofia')
  await page.click('.actions .primary >> nth=0')
  await page.waitForSelector('.conflicts')
  t.match(await page.textContent('.conflicts'), /Prefers Viber/)
  t.equal(await page.locator('.conflicts fieldset').count(), 1, 'one question, not three')
  t.equal(await page.inputValue('#note'), 'Call after 17:00')
  await page.check('[value=mine]')
  await page.click('.actions .primary >> nth=0')
  await page.waitForSelector('#flash .note')
  t.match(await db('clients').where({ id }).first(), { note: 'Call after 17:00', first_name: 'Zofia', address: 'Rynek 1' })
  t.same(problems, [])
})
