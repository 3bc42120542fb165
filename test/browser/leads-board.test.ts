import t from 'tap'
import { holdBack } from '../support/browser.js'
import { openDesk } from '../support/desk.js'
import { until } from '../support/until.js'

t.test('a card is dragged to where it may go; who has the board open sees it, and is told who was quicker', async t => {
  const { enter, anna, marek, db } = await openDesk(t)
  const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
  const [first, second] = (await db('leads').insert(['Ewa', 'Piotr'].map(name => ({
    number: `L-${name}`, type_id: db('lead_types').min('id'), status_id: statuses.new_lead, contact_name: name, manager_id: marek.id
  }))).returning('id')).map(({ id }) => id as number)
  const [a, m] = [await enter(anna), await enter(marek)]
  const cards = (of: typeof a, status: string) => of.page.locator(`#cards-${statuses[status]} .no`)
  for (const { page } of [a, m]) {
    await page.goto('/leads')
    await page.click('.looks a:has-text("Board")')
    await page.waitForURL('**/leads/board*') // with its scripts: before them nothing is dragged, and a menu is a link
  }

  await a.page.locator(`#lead-${first}`).dragTo(a.page.locator(`#column-${statuses.waiting}`))
  t.equal(await cards(a, 'new_lead').count(), 2, 'a new lead isn’t let into waiting')
  await a.page.locator(`#lead-${first}`).dragTo(a.page.locator(`#column-${statuses.in_work}`))
  await m.page.waitForSelector(`#cards-${statuses.in_work} #lead-${first}`)
  await a.page.waitForSelector(`#cards-${statuses.in_work} #move-${first}-${statuses.in_work}`, { state: 'attached' })
  t.match(await db('leads').where({ id: first }).first(), { status_id: statuses.in_work })
  t.same(await cards(m, 'new_lead').allTextContents(), ['L-Piotr'])
  await m.page.waitForSelector(`#column-count-${statuses.in_work}:has-text("1")`)

  // Without a stream that tells, his menu is from before: she has moved it.
  await m.page.click(`#lead-${second} .move summary`)
  await m.page.waitForSelector(`#lead-${second} .move-form`)
  await m.page.evaluate(() => document.getElementById('stream')!.remove())
  await a.page.click(`#lead-${second} .move summary`)
  await a.page.click(`#lead-${second} .move-form button:has-text("In work")`)
  await a.page.waitForSelector(`#cards-${statuses.in_work} #lead-${second}`)
  await m.page.click(`#lead-${second} .move-form button:has-text("In work")`)
  await m.page.waitForSelector('#flash [role=alert]:has-text("Anna Kowalska")')
  await m.page.waitForSelector(`#cards-${statuses.in_work} #lead-${second}`)

  await a.page.locator(`#lead-${first}`).dragTo(a.page.locator(`#column-${statuses.expensive}`))
  await a.page.waitForSelector('#move-dialog[open] textarea:focus')
  await a.page.click('#move-dialog .primary')
  await a.page.waitForSelector('#move-dialog .error')
  await a.page.fill('#move-dialog textarea', 'The neighbour did it')
  await a.page.click('#move-dialog .primary')
  await a.page.waitForSelector('#move-dialog', { state: 'hidden' })
  await a.page.waitForSelector(`#lead-${first}`, { state: 'detached' })
  t.match(await db('leads').where({ id: first }).first(), { lost_reason: 'The neighbour did it', status_id: statuses.expensive })
  await a.page.click(`#column-${statuses.expensive} summary`)
  await a.page.waitForSelector(`#cards-${statuses.expensive} #lead-${first}`)
  t.same([...a.problems, ...m.problems].filter(problem => !/409|422/.test(problem)), [])
})

t.test('while the board is read anew cards are dragged as ever', async t => {
  const { enter, as, anna, marek, db } = await openDesk(t)
  const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
  const leads = (await db('leads').insert(['Ewa', 'Piotr', 'Ola', 'Jan'].map(name => ({
    number: `L-${name}`, type_id: db('lead_types').min('id'), status_id: statuses.in_work, contact_name: name, manager_id: marek.id
  }))).returning('id')).map(({ id }) => id as number)
  const [hers, lost, his, other] = leads
  const { page, problems } = await enter(anna)
  await page.goto('/leads/board')
  const isIn = (status: string, lead?: number) => page.waitForSelector(`#cards-${statuses[status]} #lead-${lead}`)
  const drag = (lead: number | undefined, status: string) => page.locator(`#lead-${lead}`).dragTo(page.locator(`#column-${statuses[status]}`))

  const letGo = await holdBack(page, '**/leads/board/now*')
  const asked = page.waitForRequest('**/leads/board/now*')
  t.equal((await as(marek).post(`/leads/${his}/status`, { from: statuses.in_work, to: statuses.waiting })).status, 303)
  await asked
  await drag(lost, 'expensive')
  await page.waitForSelector('#move-dialog[open] textarea:focus', { timeout: 10_000 })
  await page.click('#move-dialog [data-close]')
  for (const lead of [hers, other]) await drag(lead, 'waiting')
  await until(async () => (await db('leads').where({ status_id: statuses.waiting }).count().first())!.count === 3, 'both were moved')

  // What is answered while a card is held is read again once it is let go.
  await page.hover(`#lead-${lost} .no`)
  await page.mouse.down()
  const answered = page.waitForResponse('**/leads/board/now*')
  letGo()
  await (await answered).finished()
  await page.waitForTimeout(300)
  t.equal(await page.locator(`#cards-${statuses.in_work} #lead-${his}`).count(), 1)
  await page.mouse.move(5, 5, { steps: 5 })
  await page.mouse.up()
  for (const lead of [hers, his, other]) await isIn('waiting', lead)
  await isIn('in_work', lost)
  t.same(problems, [])
})

t.test('in the table a status is changed in its row, which is replaced', async t => {
  const { enter, anna, db } = await openDesk(t)
  const [{ id }] = await db('leads').insert({ number: 'L-Ewa', type_id: db('lead_types').min('id'), status_id: db('lead_statuses').where({ key: 'new_lead' }).select('id'), contact_name: 'Ewa' }).returning('id')
  const { page, problems } = await enter(anna)
  await page.goto('/leads')
  await page.click(`#lead-${id} .move summary`)
  await page.click(`#lead-${id} .move-form button:has-text("In work")`)
  await page.waitForSelector(`#lead-${id} .of-in_progress`)
  await page.click(`#lead-${id} .move summary`)
  await page.click(`#lead-${id} .move-form summary`)
  const [menu, ...buttons] = await page.locator(`#lead-${id} :is(.move > div, .move-form .actions .btn)`).evaluateAll(all => all.map(one => one.getBoundingClientRect().toJSON()))
  t.equal(buttons.length, 3)
  t.same(buttons.filter(({ left, right, bottom }) => left < menu.left || right > menu.right || bottom > menu.bottom), [], 'all of the menu is in it')
  await page.click(`#lead-${id} .move-form button:has-text("Canceled")`)
  await page.waitForSelector(`#reason-${id}-error`)
  t.same(problems.filter(problem => !/422/.test(problem)), [])
})

t.test('without scripts a card is moved by its menu, and one comes back to the board', async t => {
  const { enter, anna, db } = await openDesk(t)
  await db.raw("insert into leads (number, type_id, status_id, contact_name) select 'L-' || n, (select min(id) from lead_types), (select min(id) from lead_statuses), 'Jan ' || n from generate_series(1, 25) n")
  const { page } = await enter(anna, { javaScript: false })
  await page.goto('/leads/board?manager=none')
  await page.click('.column .more a')
  t.equal(await page.locator('.lead-card').count(), 5)
  await page.click('.lead-card:has-text("L-1") .move summary >> nth=0')
  await page.click('.lead-card .move[open] a')
  await page.click('.move-form button:has-text("In work")')
  t.match(page.url(), /\/leads\/board\/columns\/\d+\?manager=none&after=\d+$/)
  await page.goto('/leads/board')
  t.equal(await page.locator('.column:has-text("In work") .lead-card').count(), 1)
})
