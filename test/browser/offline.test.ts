import t from 'tap'
import { testApp } from '../support/app.js'
import { openBrowser } from '../support/browser.js'
import { listen, openDesk } from '../support/desk.js'

t.test('a change that can\'t reach the server says so, and is saved once the server is there again', async t => {
  const { enter, anna, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, context } = await enter(anna)
  await page.goto(`/clients/${id}`)
  t.notOk(await page.locator('#offline').isVisible())

  await context.setOffline(true)
  await page.fill('#address', 'Rynek 1')
  await page.locator('#address').blur()
  await page.waitForSelector('#offline', { state: 'visible' })
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  const { y } = (await page.locator('#offline').boundingBox())!
  t.ok(y >= 0 && y < 200, `it is seen from the page's end, too (${y})`)
  t.equal(await page.inputValue('#address'), 'Rynek 1', 'what was typed stays')
  t.equal((await db('clients').where({ id }).first('address')).address, '')

  await context.setOffline(false)
  await page.waitForSelector('#part-address .saved')
  await page.waitForSelector('#offline', { state: 'hidden' })
  t.equal((await db('clients').where({ id }).first('address')).address, 'Rynek 1')
})

t.test('a feed whose first connection fails comes to life', async t => {
  const { enter, anna, marek, client } = await openDesk(t)
  const id = await client({ surname: 'Świątek' })
  const [a, m] = [await enter(anna), await enter(marek)]
  await m.context.route('**/live?*', route => route.abort(), { times: 1 })
  await m.page.goto(`/clients/${id}`)
  const opened = m.page.waitForRequest(/\/live\?/, { timeout: 20_000 })
  await opened
  await a.page.goto(`/clients/${id}`)
  await a.page.fill('#write [name=body]', 'Still there?')
  await a.page.click('#write button')
  await m.page.waitForSelector('#events .comment')
  t.equal(await m.page.textContent('#events .comment'), 'Still there?')
})

t.test('Enter saves the part it is in, and in a new type\'s box it adds the type', async t => {
  const { enter, anna, client } = await openDesk(t)
  const id = await client({ surname: 'Nowak' })
  const { page } = await enter(anna)
  await page.goto(`/clients/${id}`)
  await page.fill('#note', 'first')
  await page.fill('#surname', 'Nowakowska')
  await page.press('#surname', 'Enter')
  await page.waitForSelector('#part-identity .saved')
  t.equal(new URL(page.url()).search, '')
  t.equal(await page.evaluate(() => document.activeElement?.id), 'surname', 'the cursor stays')

  await page.goto('/clients/new')
  t.equal(await page.evaluate(() => document.activeElement?.id), 'first-name')
  await page.click('#phones-0-type [name=ask_type]')
  await page.fill('#phones-0-type-new', 'Wife')
  await page.press('#phones-0-type-new', 'Enter')
  await page.waitForFunction(() => document.querySelector<HTMLSelectElement>('[name="phones.0.type"]')?.selectedOptions[0]?.text === 'Wife')
  t.match(page.url(), /\/clients\/new$/)
})

t.test('the first run proposes what most shops of the chosen country use', async t => {
  const { app } = await testApp(t, { organisation: false })
  const { page } = await openBrowser(t)
  await page.goto(`${await listen(app)}/setup`)
  await page.selectOption('#country', 'BR')
  t.equal(await page.inputValue('#currency'), 'BRL')
  t.equal(await page.inputValue('#time-zone'), 'America/Sao_Paulo')
})
