import t from 'tap'
import { testApp } from '../support/app.js'
import { boxOf, openBrowser } from '../support/browser.js'
import { listen, openDesk } from '../support/desk.js'
import { until } from '../support/until.js'

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
  const { y } = await boxOf(page.locator('#offline'))
  t.ok(y >= 0 && y < 200, `it is seen from the page's end, too (${y})`)
  t.equal(await page.inputValue('#address'), 'Rynek 1', 'what was typed stays')
  t.equal((await db('clients').where({ id }).first('address')).address, '')

  await context.setOffline(false)
  await page.waitForSelector('#part-address .saved')
  await page.waitForSelector('#offline', { state: 'hidden' })
  t.equal((await db('clients').where({ id }).first('address')).address, 'Rynek 1')
})

t.test('what wasn\'t sent is told until it is, whatever else gets through', async t => {
  const { enter, anna, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, context } = await enter(anna)
  await page.goto(`/clients/${id}`)
  const banner = page.locator('#offline'), comments = async () => (await db('events').where({ kind: 'comment' })).map(({ body }) => body)
  await page.route('**/comments', route => route.abort())
  await page.route('**/files', route => route.abort())
  await page.route('**/parts/note', route => route.abort())
  await page.fill('#write textarea', 'Comes on Monday')
  await page.click('#write .send')
  await banner.waitFor({ state: 'visible' })
  t.match(await banner.innerText(), /No connection.*Not sent: “Comment”/s)

  await page.fill('#address', 'Rynek 1')
  await page.locator('#address').blur()
  await page.waitForSelector('#part-address .saved')
  t.ok(await banner.isVisible(), 'something else was saved')
  t.match(await banner.innerText(), /^\s*Not sent: “Comment”\./)
  t.equal(await page.inputValue('#write textarea'), 'Comes on Monday')

  const failed = page.waitForEvent('requestfailed')
  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await failed
  await page.waitForSelector('#offline :text("tried again by itself")')
  const triedAgain = page.waitForEvent('requestfailed')
  await page.fill('#address', 'Rynek 2')
  await page.locator('#address').blur()
  await until(async () => (await db('clients').where({ id }).first('address')).address === 'Rynek 2')
  await page.waitForSelector('#part-address .saved')
  t.match(await banner.innerText(), /isn't saved yet/)
  await triedAgain
  await page.unroute('**/parts/note')
  await until(async () => (await db('clients').where({ id }).first('note')).note === 'Prefers Viber')
  await page.waitForSelector('#part-note .saved')
  t.ok(await banner.isVisible())
  t.notMatch(await banner.innerText(), /isn't saved yet/)

  // Who leaves is asked, and stays.
  const asked = new Promise<string>(resolve => { page.once('dialog', dialog => { void dialog.dismiss().then(() => { resolve(dialog.type()) }) }) })
  await page.click('.side a[href="/clients"]')
  t.equal(await asked, 'beforeunload')
  t.match(page.url(), new RegExp(`/clients/${id}$`))

  await page.unroute('**/comments')
  await page.unroute('**/files')
  await page.click('#offline [data-send-again]')
  await page.waitForSelector('#events .comment:text("Comes on Monday")')
  await banner.waitFor({ state: 'hidden' })
  t.same(await comments(), ['Comes on Monday'])

  await context.setOffline(true)
  await page.fill('#write textarea', 'Nothing')
  await page.click('#write .send')
  await page.waitForSelector('#offline [data-leave-unsent]', { state: 'visible' })
  await context.setOffline(false)
  await page.click('#offline [data-leave-unsent]')
  await page.waitForSelector('#offline [data-send-again]', { state: 'hidden' })
  t.equal(await page.inputValue('#write textarea'), 'Nothing')
  await page.click('.side a[href="/clients"]')
  await page.waitForURL(/\/clients$/)
  t.same(await comments(), ['Comes on Monday'])
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
