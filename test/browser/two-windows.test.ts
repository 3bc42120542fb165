import t from 'tap'
import { secondApp } from '../support/app.js'
import { listen, openDesk } from '../support/desk.js'

t.test('what one person does to a client grows in the feed on another\'s screen, served by another process', async t => {
  const { enter, anna, marek, client, db, url } = await openDesk(t)
  const id = await client({ surname: 'Żółć', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  const other = await listen(await secondApp(t, { db, url }))
  const [a, m] = [await enter(anna), await enter(marek)]
  await a.page.goto(`/clients/${id}`)
  await m.context.addCookies((await m.context.cookies()).map(({ name, value }) => ({ name, value, url: other })))
  await m.page.goto(`${other}/clients/${id}`)
  const feedOf = async ({ page }: typeof a) => (await page.locator('#events > li').allTextContents()).map(text => text.replace(/\s+/g, ' ').trim())
  await Promise.all([a, m].map(({ page }) => page.waitForFunction(() => document.querySelector('#stream')))) // open

  await a.page.fill('#write [name=body]', 'Hello <b>world</b>')
  await a.page.click('#write button')
  await m.page.waitForSelector('#events .comment')
  t.equal(await m.page.textContent('#events .comment'), 'Hello <b>world</b>', 'as text, not as markup')
  await a.page.waitForSelector('#events .comment')
  t.equal(await a.page.inputValue('#write [name=body]'), '', 'the box is empty again')
  t.equal((await feedOf(a)).length, 2, 'once on the writer\'s own screen')

  await m.page.check('[name="phones.0.sms"]')
  await m.page.waitForSelector('#phones-0 .saved')
  await a.page.waitForSelector('#events :text("Agrees to SMS")')
  await m.page.fill('#discount-services', '12,5 %')
  await m.page.locator('#discount-services').blur()
  await m.page.waitForSelector('#part-discounts .saved')
  await a.page.waitForSelector('#events ins:text-is("12.5%")')

  await a.page.click('#events a[href$="/edit"]')
  await a.page.fill('li textarea', 'Hello again')
  await a.page.click('li form.write .primary')
  await m.page.waitForSelector('#events :text("Hello again")')
  t.equal(await m.page.locator('#events li form').count(), 0, 'another\'s comment has nothing to press')
  await a.page.click('#events form[action$="/delete"] button')
  await m.page.waitForSelector('#events :text("Comment deleted")')

  await m.page.reload()
  t.same((await feedOf(m)).map(line => line.slice(0, 12)), (await feedOf(a)).map(line => line.slice(0, 12)), 'the same feed as after a reload')
  t.equal((await feedOf(m)).length, 4)
  t.same([...a.problems, ...m.problems], [])
})

t.test('an entry that changes while it is on its way to another\'s screen is shown there as it is now', async t => {
  const { enter, anna, marek, client, as } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${id}`)
  const told = page.evaluate(() => new Promise(tell => document.addEventListener('htmx:sse:after:message', event => (event as CustomEvent).detail.message.event.startsWith('changed-') && tell(true))))
  // What is new is asked for at once, and arrives when it has changed.
  await page.route(/\/feed\?.*after=/, async route => {
    const answer = await route.fetch()
    const event = /id="event-(\d+)"/.exec(await answer.text())?.[1]
    if (event) await as(marek).post(`/clients/${id}/feed/${event}`, { body: 'as it is now' })
    await told
    await route.fulfill({ response: answer })
  })
  await as(marek).post(`/clients/${id}/comments`, { body: 'as it was' })
  await page.waitForSelector('#events .comment:text-is("as it is now")')
  t.equal(await page.locator('#events .comment').count(), 1)
  t.same(problems, [])
})
