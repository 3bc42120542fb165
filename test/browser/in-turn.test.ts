import type { Page } from 'playwright-core'
import t from 'tap'
import { openDesk } from '../support/desk.js'
import { until } from '../support/until.js'

/** Holds what a page sends until it is let go, in order: what is done meanwhile is done while a request is on its way. */
async function slow (page: Page) {
  const held: (() => Promise<void>)[] = [], answers: string[] = []
  page.on('response', response => { if (response.request().method() === 'POST') answers.push(`${response.status()} ${new URL(response.url()).pathname.replace(/^\/clients\/\d+/, '').replace(/\d+/, 'n')}`) })
  await page.route('**/clients/**', async route => {
    const request = route.request()
    if (request.method() === 'POST' || /-row|phone-types/.test(request.url())) held.push(() => route.continue())
    else await route.continue()
  })
  return {
    answers,
    left: (count: number) => until(() => held.length === count, `${count} requests on their way`),
    go: async () => { await until(() => held.length > 0, 'a request on its way'); await held.shift()!() },
    free: async () => { await page.unroute('**/clients/**'); for (const one of held.splice(0)) await one() }
  }
}

const shop = async (t: Parameters<typeof openDesk>[0], body: Record<string, unknown> = { first_name: 'Zofia' }) => {
  const desk = await openDesk(t)
  const id = await desk.client(body)
  const { page, problems } = await desk.enter(desk.anna)
  await page.goto(`/clients/${id}`)
  const phones = () => desk.db('client_phones').where({ client_id: id }).whereNull('removed_at').orderBy('id')
  return { ...desk, id, page, problems, phones, stored: () => desk.db('clients').where({ id }).first() }
}

/** Writes into a field and leaves it, which saves it. */
const retype = async (page: Page, field: string, text: string) => {
  await page.fill(field, text)
  await page.locator(field).blur()
}

const addPhone = async (page: Page, number: string) => {
  await page.click('[name=add_phone]')
  await page.waitForSelector('#phones-0-number:focus')
  await page.keyboard.type(number)
}

t.test('boxes ticked while a new row is on its way belong to the row it becomes', async t => {
  const { page, problems, phones, db, id } = await shop(t)
  await addPhone(page, '600 123 456')
  const net = await slow(page)
  await page.check('[name="phones.0.whatsapp"]') // leaves the number, which is sent
  await net.left(1)
  await page.check('[name="phones.0.sms"]')
  await net.go()
  await net.go()
  await page.waitForSelector('#phones-0[hx-post$="/phones/1"] .saved, #phones-0 [name="phones.0.id"]', { state: 'attached' })
  await until(() => net.answers.length === 2)
  t.same(net.answers, ['200 /phones', '200 /phones/n'])
  t.match(await phones(), [{ whatsapp: true, sms: true, viber: false }])
  t.ok(await page.isChecked('[name="phones.0.whatsapp"]'))
  await net.free()

  await page.click('[name=add_email]')
  await page.waitForSelector('#emails-0-address:focus')
  await page.keyboard.type('zofia@zolc.pl')
  const again = await slow(page)
  await page.check('[name="emails.0.agrees"]')
  await again.go()
  await again.go()
  await until(async () => (await db('client_emails').where({ client_id: id }).first())?.agrees)
  await page.waitForSelector('#emails-0 .saved')
  await again.free()

  // The whole form, right after another was typed.
  await page.click('[name=add_phone]')
  await page.waitForSelector('#phones-1-number:focus')
  await page.keyboard.type('600 123 457')
  const last = await slow(page)
  await page.click('.actions .primary >> nth=0')
  await last.left(1)
  await last.go()
  await last.go()
  await last.free()
  await page.waitForSelector('#flash .note')
  t.equal((await phones()).length, 2, 'once each')
  t.same(problems, [])
})

t.test('what is changed twice, or beside, before the first answer is no conflict with oneself', async t => {
  const { page, problems, stored, phones } = await shop(t, { first_name: 'Zofia', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  const net = await slow(page)
  await retype(page, '#note', 'one')
  await net.left(1)
  await retype(page, '#note', 'one two')
  await retype(page, '#note', 'one two three')
  await net.go()
  await net.go()
  await until(() => net.answers.length === 2)
  t.same(net.answers.splice(0), ['200 /parts/note', '200 /parts/note'])
  await until(async () => (await stored()).note === 'one two three')
  t.equal(await page.inputValue('#note'), 'one two three')

  await retype(page, '#first-name', 'Maria')
  await net.left(1)
  await retype(page, '#surname', 'López')
  await retype(page, '#first-name', 'Marta')
  await net.go()
  await net.go()
  await page.waitForSelector('#heading h1:has-text("Marta López")')
  t.same(net.answers.splice(0), ['200 /parts/identity', '200 /parts/identity'])

  for (const name of ['whatsapp', 'viber', 'sms']) await page.check(`[name="phones.0.${name}"]`)
  await net.go()
  await net.go()
  await until(() => net.answers.length === 2)
  t.same(net.answers, ['200 /phones/n', '200 /phones/n'])
  t.match(await phones(), [{ whatsapp: true, viber: true, sms: true }])
  await page.unroute('**/clients/**')
  t.same(problems, [])
})

t.test('who leaves the page before the first answer leaves nothing behind', async t => {
  const { page, problems, stored } = await shop(t)
  const net = await slow(page)
  await retype(page, '#note', 'one')
  await net.left(1)
  await page.fill('#note', 'one two')
  await page.click('.side a[href="/clients"]')
  await net.go()
  await net.go()
  await page.waitForURL(/\/clients$/)
  await until(async () => (await stored()).note === 'one two')
  await net.free()
  t.same(problems, [])
})

t.test('somebody else\'s change still asks, also of who changed twice', async t => {
  const { page, stored, as, marek, id } = await shop(t)
  await as(marek).post(`/clients/${id}/parts/note`, { note: 'Prefers Viber' })
  const net = await slow(page)
  await retype(page, '#note', 'one')
  await net.left(1)
  await retype(page, '#note', 'one two')
  await net.go()
  await page.waitForSelector('#part-note .conflicts')
  t.equal(await page.inputValue('#note'), 'one two')
  t.equal((await stored()).note, 'Prefers Viber')
  await page.click('#part-note [value=mine]')
  await net.go()
  await page.waitForSelector('#part-note .saved')
  t.equal((await stored()).note, 'one two')
  await net.free()
})

t.test('a type named while its number is on its way is the number\'s', async t => {
  const { page, problems, phones, db } = await shop(t)
  await addPhone(page, '600 123 456')
  const net = await slow(page)
  await page.click('#phones-0 [name=ask_type]')
  await net.go()
  await net.go()
  await page.waitForSelector('#phones-0-type-new:focus')
  await page.keyboard.type('Wife')
  await page.keyboard.press('Enter')
  await net.go()
  await until(() => net.answers.length === 2)
  t.same(net.answers, ['200 /phones', '200 /phones/n'])
  await page.waitForFunction(() => document.querySelector<HTMLSelectElement>('[name="phones.0.type"]')?.selectedOptions[0]?.text === 'Wife')
  t.match(await phones(), [{ type_id: (await db('phone_types').where({ name: 'Wife' }).first()).id }])
  await net.free()
  t.same(problems, [])
})

t.test('a phone taken off while its number is on its way is not there', async t => {
  const { page, problems, phones } = await shop(t)
  await addPhone(page, '600 123 456')
  const net = await slow(page)
  await page.click('#phones-0 [name=drop_phone]')
  await net.left(1)
  t.equal(await page.locator('#phones-0').count(), 1)
  await net.go()
  await net.go()
  await page.waitForSelector('#phones-0', { state: 'detached' })
  t.same(net.answers, ['200 /phones', '200 /phones/n/remove'])
  t.same(await phones(), [])
  await net.free()
  t.same(problems, [])
})

t.test('two presses of "Add" make one row, or two that differ', async t => {
  const { page, id } = await shop(t)
  for (const at of [`/clients/${id}`, '/clients/new']) {
    await page.goto(at)
    for (const kind of ['phone', 'email']) {
      const rows = () => page.locator(`[name=${kind}_rows]`).evaluateAll(all => all.map(one => (one as HTMLInputElement).value))
      const before = await rows()
      const net = await slow(page)
      await page.click(`[name=add_${kind}]`)
      await net.left(1)
      await page.click(`[name=add_${kind}]`)
      await net.go()
      await net.free()
      await until(async () => (await rows()).length > before.length)
      await page.click(`[name=add_${kind}]`)
      await until(async () => (await rows()).length === before.length + 2)
      t.equal(new Set(await rows()).size, before.length + 2, kind)
    }
  }
})

t.test('the other kind\'s form says beside its field what is missing, and nothing once it is there', async t => {
  const { page, problems } = await shop(t, { first_name: 'Zofia', surname: 'Żółć' })
  await page.click('.seg :text("Company")')
  await page.waitForSelector('#company-name-error')
  t.equal(await page.locator('.to-fix').count(), 0)
  await retype(page, '#company-name', 'Żółw')
  await page.waitForSelector('#part-identity .saved')
  t.equal(await page.locator('.to-fix').count(), 0)

  // After the whole form was refused.
  await retype(page, '#discount-services', 'abc')
  await page.waitForSelector('#discount-services-error')
  await page.click('.actions .primary >> nth=0')
  await page.waitForSelector('.to-fix', { state: 'visible' })
  await retype(page, '#discount-services', '5')
  await page.waitForSelector('#part-discounts .saved')
  await page.waitForSelector('.to-fix', { state: 'hidden' })
  t.equal(await page.locator('.actions a:visible:has-text("Cancel")').count(), 0, 'nothing is left to cancel')
  t.same(problems, [])
})

t.test('an answer that was overtaken by a later one doesn\'t put the old heading back', async t => {
  const { page, problems, stored, id } = await shop(t)
  let tell = () => {}
  const told = new Promise<void>(resolve => { tell = resolve })
  await page.route(`**/clients/${id}/parts/identity`, async route => {
    const answer = await route.fetch()
    await told
    await route.fulfill({ response: answer })
  })
  await retype(page, '#first-name', 'Zosia')
  await until(async () => (await stored()).first_name === 'Zosia')
  await page.check('[name=is_conflicted]')
  await page.waitForSelector('#heading .pill.bad')
  tell()
  await page.waitForSelector('#part-identity .saved')
  t.ok(await page.isVisible('#heading .pill.bad'))
  t.match(await page.textContent('#heading h1'), /Zosia/)
  t.same(problems, [])
})

/** Holds the answers to what matches, each until it is let go by its place: the server has done it by then. */
async function holdAnswers (page: Page, url: string) {
  const answered: (() => void)[] = []
  await page.route(url, async route => {
    const answer = await route.fetch()
    await new Promise<void>(resolve => { answered.push(resolve) })
    await route.fulfill({ response: answer })
  })
  return {
    answered: (count: number) => until(() => answered.length === count, `${count} answers on their way`),
    go: (at: number) => answered[at]!()
  }
}

t.test('tags written one after another on a slow network are each one, and "Save" waits for them', async t => {
  const { page, problems, db, id } = await shop(t)
  const tags = async () => (await db('client_tags').join('tags', 'tags.id', 'tag_id').where({ client_id: id }).orderBy('tags.id').select('name')).map(({ name }) => name)
  const net = await slow(page)
  await page.click('[name=tag]')
  for (const name of ['VIP', 'Fleet', 'Poznań']) {
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
  }
  await page.keyboard.press('Enter')
  await page.keyboard.type('Gol')
  await net.left(1)
  await page.click('.actions .primary >> nth=0')
  for (let at = 0; at < 3; at++) await net.go()
  await page.waitForSelector('#tags .chip:has-text("Poznań")')
  t.same(await page.locator('#tags .chip a').allTextContents(), ['Fleet', 'Poznań', 'VIP'])
  t.same(await tags(), ['VIP', 'Fleet', 'Poznań'])
  t.equal(await page.inputValue('[name=tag]'), 'Gol')
  t.same(net.answers, ['200 /tags', '200 /tags', '200 /tags'])
  await net.go()
  await net.free()
  await page.waitForSelector('#flash .note')
  t.same(await tags(), ['VIP', 'Fleet', 'Poznań', 'Gol'])
  t.same(problems, [])
})

t.test('a tag of a new client is there though "Save" was pressed right behind it', async t => {
  const { page, problems, db } = await shop(t)
  await page.goto('/clients/new')
  await page.fill('#first-name', 'Marta')
  const net = await holdAnswers(page, '**/tags/chip?**')
  await page.fill('[name=tag]', 'VIP')
  await page.keyboard.press('Enter')
  await page.click('.actions .primary >> nth=0')
  await net.answered(1)
  net.go(0)
  await page.waitForURL(/\/clients\/\d+$/)
  t.equal((await db('client_tags')).length, 1)
  t.same(problems, [])
})

t.test('a tag that did not reach the server stands in its input again', async t => {
  const { page, db } = await shop(t)
  await page.route('**/tags', route => route.abort())
  await page.fill('[name=tag]', 'VIP')
  await Promise.all([page.waitForEvent('requestfailed'), page.keyboard.press('Enter')])
  await until(async () => await page.inputValue('[name=tag]') === 'VIP')
  await page.unroute('**/tags')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#tags .chip:has-text("VIP")')
  t.equal(await page.inputValue('[name=tag]'), '')
  t.equal((await db('client_tags')).length, 1)
})

t.test('of tags taken off in one go none stays in sight, whichever answer comes first, also above the form', async t => {
  const { page, problems, id, db } = await shop(t, { first_name: 'Zofia', tag_names: ['Fleet', 'Skup', 'VIP'] })
  for (const order of [[0, 1], [1, 0]]) {
    const net = await holdAnswers(page, '**/tags/*/remove')
    for (const name of ['Fleet', 'VIP']) {
      await page.getByRole('button', { name: `Remove ${name}`, exact: true }).click()
      await net.answered(name === 'Fleet' ? 1 : 2)
    }
    const swapped = page.waitForResponse('**/tags/*/remove')
    net.go(order[0]!)
    await swapped
    net.go(order[1]!)
    await until(async () => await page.locator('#tags .chip').count() === 1)
    t.same(await page.locator('#tags .chip a').allTextContents(), ['Skup'])
    t.same(await page.locator('#heading .chip').allTextContents(), ['Skup'])
    await page.unroute('**/tags/*/remove')
    for (const tag of await db('tags')) await db('client_tags').insert({ client_id: id, tag_id: tag.id }).onConflict(['client_id', 'tag_id']).ignore()
    await page.reload()
  }
  t.same(problems, [])
})

t.test('phones and tags that came while the other kind\'s form was on its way are still there', async t => {
  const { page, problems, phones, id } = await shop(t)
  for (const path of [`/clients/${id}`, '/clients/new']) {
    const isNew = path.endsWith('new')
    await page.goto(path)
    await page.fill('#first-name', 'Marta')
    await page.locator('#first-name').blur()
    if (!isNew) await page.waitForSelector('#part-identity .saved')
    const url = isNew ? '**/clients' : '**/parts/identity', net = await holdAnswers(page, url)
    await page.click('.seg :text("Company")')
    await net.answered(1)
    if (!isNew) await page.click('[name=add_phone]')
    await page.waitForSelector('#phones-0-number')
    await retype(page, '#phones-0-number', '600 123 456')
    if (!isNew) await page.waitForSelector('#phones-0 .saved')
    await page.click('[name=add_phone]')
    await page.waitForSelector('#phones-1-number')
    await page.fill('#phones-1-number', '600 12')
    await page.fill('[name=tag]', 'VIP')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#tags .chip')
    net.go(0)
    await page.waitForSelector('[name=form_kind][value=company]', { state: 'attached' })
    t.same(await page.locator('#phones .num').evaluateAll(all => all.map(one => (one as HTMLInputElement).value)), [isNew ? '600 123 456' : '+48 600 123 456', '600 12'], path)
    t.equal(await page.locator('#tags .chip').count(), 1)
    await page.unroute(url)
    if (isNew) continue
    await page.check('[name="phones.0.sms"]')
    await until(async () => (await phones())[0].sms)
    t.equal((await phones()).length, 2)
  }
  t.same(problems, [])
})

t.test('what is written on while a comment is on its way stays, and of two filters the last one is shown', async t => {
  const { page, problems, id, as, marek } = await shop(t)
  const net = await slow(page)
  await page.fill('#write textarea', 'Called')
  await page.click('#write .send')
  await net.left(1)
  await page.fill('#write textarea', 'Comes on Monday')
  await net.go()
  await page.waitForSelector('#events .comment:has-text("Called")')
  await until(async () => await page.locator('#write .send').isEnabled())
  t.equal(await page.inputValue('#write textarea'), 'Comes on Monday')
  await net.free()

  const feed = await holdAnswers(page, '**/feed?feed=c*')
  await page.click('.feed-filters :text("Comments")')
  await feed.answered(1)
  await page.click('.feed-filters :text("Changes")')
  await feed.answered(2)
  feed.go(0)
  feed.go(1)
  await page.waitForSelector('.feed-filters .on:has-text("Changes")')
  await page.unroute('**/feed?feed=c*')

  // What happens while a filter's answer is on its way.
  const late = await holdAnswers(page, '**/feed?feed=all')
  await page.click('.feed-filters :text("All")')
  await late.answered(1)
  await as(marek).post(`/clients/${id}/parts/note`, { note: 'Prefers Viber' })
  await page.waitForSelector('#events :text("Prefers Viber")')
  late.go(0)
  await page.waitForSelector('.feed-filters .on:has-text("All")')
  await page.waitForSelector('#events :text("Prefers Viber")')
  t.same(problems, [])
})

t.test('a comment that was edited again while its first edit was on its way is shown as it is now', async t => {
  const { page, problems, id, as, marek, db } = await shop(t)
  await as(marek).post(`/clients/${id}/comments`, { body: 'Called' })
  const { id: event } = await db('events').where({ kind: 'comment' }).first('id')
  await page.reload()
  await page.waitForSelector(`#event-${event} .comment`)
  await page.evaluate(name => { document.getElementById('stream')!.addEventListener(name, () => { document.body.dataset.heard = String(Number(document.body.dataset.heard ?? 0) + 1) }) }, `changed-${event}`)
  let tell = () => {}, asked = 0
  const told = new Promise<void>(resolve => { tell = resolve })
  await page.route(`**/feed/${event}`, async route => {
    const isFirst = asked === 0, answer = await route.fetch()
    asked++
    if (isFirst) await told
    await route.fulfill({ response: answer }).catch(() => {}) // a newer one may have been asked for instead
  })
  await as(marek).post(`/clients/${id}/feed/${event}`, { body: 'Called once' })
  await until(() => asked > 0)
  await as(marek).post(`/clients/${id}/feed/${event}`, { body: 'Called twice' })
  await page.waitForSelector('body[data-heard="2"]')
  tell()
  await page.waitForSelector(`#event-${event} .comment:text("Called twice")`)
  t.same(problems, [])
})

t.test('"Archive" goes after what was typed a moment before, and not at all when that was refused', async t => {
  const { page, problems, stored } = await shop(t)
  const archive = '#heading form[action$="/archive"] button'
  const net = await slow(page)
  await retype(page, '#note', 'one')
  await page.fill('#address', 'Rynek 1')
  await page.click('#more > summary') // leaves the address, which is sent
  await net.left(2)
  await page.click(archive)
  await net.go()
  await page.waitForSelector('#part-note .saved')
  t.ok(await page.isVisible(archive), 'an answer doesn\'t close the menu under somebody\'s hand')
  await net.go()
  await net.go()
  await page.waitForSelector('#heading :text("Restore")')
  t.match(net.answers, ['200 /parts/note', '200 /parts/address', '303 /archive'])
  t.match(await stored(), { note: 'one', address: 'Rynek 1', archived_at: Date })
  await net.free()
  await page.click('#heading form[action$="/restore"] button')
  await page.waitForSelector('#more')
  const again = await slow(page)
  await page.fill('#discount-services', 'abc')
  await page.click('#more > summary')
  await page.click(archive)
  await again.go()
  await page.waitForSelector('#discount-services-error')
  t.equal(await page.inputValue('#discount-services'), 'abc')
  await again.free()
  t.equal((await stored()).archived_at, null)
  t.same(problems, [])
})

t.test('what is written on while the edit of a comment is on its way stays, to be saved as well', async t => {
  const { page, problems, id, as, anna, db } = await shop(t)
  await as(anna).post(`/clients/${id}/comments`, { body: 'Called' })
  const body = async () => (await db('events').where({ kind: 'comment' }).first('body')).body
  await page.reload()
  await page.click('#events a[href$="/edit"]')
  const box = '#events li textarea', save = '#events li form.write .primary'
  await page.fill(box, 'Called once')
  const net = await slow(page)
  await page.click(save)
  await net.left(1)
  await page.fill(box, 'Called once, comes on Monday')
  const answered = page.waitForResponse('**/feed/*')
  await net.go()
  await answered
  await until(async () => await body() === 'Called once')
  await page.evaluate(() => new Promise(resolve => { requestAnimationFrame(() => { setTimeout(resolve) }) }))
  t.equal(await page.inputValue(box), 'Called once, comes on Monday')
  await net.free()
  await page.click(save)
  await page.waitForSelector('#events .comment:text("Called once, comes on Monday")')
  t.equal(await body(), 'Called once, comes on Monday')
  t.equal(await page.locator(box).count(), 0)
  t.same(problems, [])
})

t.test('what is typed before the field that was asked for is there goes into it', async t => {
  const { page, problems, phones, id } = await shop(t)
  const net = await slow(page)
  await page.click('[name=add_phone]')
  await net.left(1)
  await page.keyboard.type('600 1n')
  await page.keyboard.press('Backspace')
  await net.go()
  await page.waitForSelector('#phones-0-number:focus')
  await until(async () => await page.inputValue('#phones-0-number') === '600 1')
  await net.free()
  await page.keyboard.type('23 456')
  await page.keyboard.press('Tab')
  await until(async () => (await phones())[0]?.e164 === '+48600123456')
  t.equal((await phones()).length, 1, 'and no other row')
  t.match(page.url(), new RegExp(`/clients/${id}$`), 'nor were they keys of the page')
  t.same(problems, [])
})
