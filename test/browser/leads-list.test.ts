import t from 'tap'
import { openDesk } from '../support/desk.js'

t.test('a lead that comes in, or moves, shows on a list that is open; what its viewer is about stays', async t => {
  const { enter, anna, sofia, db } = await openDesk(t)
  const add = async (name: string, manager = anna) => (await db('leads').insert({
    number: `L-${name}`, type_id: db('lead_types').min('id'), status_id: db('lead_statuses').where({ key: 'new_lead' }).select('id'), contact_name: name, manager_id: manager.id
  }).returning('id'))[0].id as number
  const first = await add('Ewa')
  const [{ page, problems }, other] = [await enter(anna), await enter(sofia)]
  await page.goto('/leads')
  await page.click('.filter summary')
  await page.waitForSelector('.filter .sheet')
  await page.selectOption('#f-group', 'new')
  await other.page.goto('/leads')

  await add('Piotr')
  await page.waitForSelector(':text("L-Piotr")')
  t.equal(await page.textContent('.badge.on b'), '2')
  t.equal(await page.textContent('#count'), '2')
  t.equal(await page.inputValue('#f-group'), 'new', 'the panel stays open, as it was filled in')

  const hers = await add('Inês', sofia)
  await other.page.waitForSelector(':text("L-Inês")')
  t.equal(await other.page.locator('.leads tbody tr').count(), 1, 'only her own')
  await db('leads').where({ id: hers }).update({ manager_id: anna.id })
  await other.page.waitForSelector('#leads .empty')

  await db('leads').where({ id: first }).update({ status_id: db('lead_statuses').where({ key: 'in_work' }).select('id'), urgent: true })
  await page.waitForSelector(`#lead-${first} .of-in_progress`)
  t.equal(await page.locator(`#lead-${first} .l-number svg`).count(), 1)

  await page.click('.filter .sheet .primary')
  await page.waitForURL('**/leads?group=new')
  await page.fill('[type=search]', 'piot')
  await page.waitForURL('**/leads?q=piot&group=new')
  t.same((await page.locator('.leads .no').allTextContents()), ['L-Piotr'])
  t.same([...problems, ...other.problems], [])

  await db('leads').where({ id: hers }).update({ manager_id: sofia.id, due_at: db.raw("now() + interval '3 minutes 30 seconds'") })
  await other.page.waitForSelector('[data-due]')
  t.equal(await other.page.textContent('[data-due]'), 'in 3 min')
  await other.page.clock.install()
  await other.page.reload()
  await other.page.clock.fastForward('40:00')
  await other.page.waitForSelector('.when.late :text("36 min late")')

  // Its page says as well that it is too long in its status, from when it is.
  await db('leads').where({ id: hers }).update({ status_late_at: db.raw("now() + interval '10 minutes 30 seconds'") })
  await other.page.goto(`/leads/${hers}`)
  await other.page.waitForSelector('[data-late-in]', { state: 'hidden' })
  await other.page.clock.fastForward('20:00')
  await other.page.waitForSelector('#heading :text("Too long in this status: 9 min")')
})

t.test('a reason that is being written into a row stays when another deletes, archives or moves the lead meanwhile', async t => {
  const { enter, as, anna, marek, db } = await openDesk(t)
  const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
  const { page, problems } = await enter(anna)
  const ways = {
    delete: async (id: number) => { await as(anna).post(`/leads/${id}/delete`, { sure: 'on' }) },
    archive: async (id: number) => { await as(anna).post(`/leads/${id}/archive`) },
    move: async (id: number) => { await as(marek).post(`/leads/${id}/status`, { from: statuses.in_work, to: statuses.waiting }) }
  }
  for (const [way, does] of Object.entries(ways)) {
    await db('leads').update({ archived_at: db.raw('now()') })
    const number = `L-${way}`, [lead] = await db('leads').insert({ number, type_id: db('lead_types').min('id'), status_id: statuses.in_work, contact_name: 'Ewa', manager_id: anna.id }).returning('id'), id = lead.id as number
    await page.goto('/leads')
    await page.click(`#lead-${id} .move > summary`)
    await page.click(`#lead-${id} .move-form details summary`)
    await page.fill(`#reason-${id}`, 'Wanted it yesterday')
    await does(id)
    await page.waitForSelector(`#lead-${id} [role=alert]:has-text("meanwhile")`)
    t.equal(await page.inputValue(`#reason-${id}`), 'Wanted it yesterday', way)
    await page.click(`#lead-${id} .move-form details button >> nth=0`)
    const given = way === 'delete' ? '#flash #typed' : way === 'archive' ? `#lead-${id} #typed` : `#reason-${id}`
    await page.waitForSelector(way === 'move' ? `#move-${id}-${statuses.waiting} ${given}` : given, { state: 'attached' })
    t.equal(await page.inputValue(given), 'Wanted it yesterday', `${way}: it is given back`)
    if (way === 'archive') t.match(await page.innerText(`#lead-${id} [role=alert]`), /is archived/)
    if (way !== 'delete') await page.keyboard.press('Escape')
    if (way !== 'move') await page.waitForSelector('#leads .empty', { timeout: 60_000 })
    else await page.waitForSelector(`#lead-${id} .of-pending`)
  }
  t.same(problems, [])
})

t.test('without JavaScript the list is searched and filtered by its forms', async t => {
  const { enter, anna, db } = await openDesk(t)
  await db.raw("insert into leads (number, type_id, status_id, contact_name) select 'L-' || n, (select min(id) from lead_types), (select min(id) from lead_statuses), 'Jan ' || n from generate_series(1, 60) n")
  const { page } = await enter(anna, { javaScript: false })
  await page.goto('/leads')
  await page.click('[rel=next]')
  t.equal(await page.locator('.leads tbody tr').count(), 10)
  await page.fill('[type=search]', 'jan 59')
  await page.click('form[role=search] button')
  t.same(await page.locator('.leads .no').allTextContents(), ['L-59'])
  await page.click('.filter summary')
  await page.click('.filter a')
  await page.selectOption('#f-type', { label: 'Missed call' })
  await page.click('.sheet .primary')
  t.equal(await page.locator('.leads').count(), 0)
  await page.click('.chips a:has-text("Missed call")')
  t.same(await page.locator('.leads .no').allTextContents(), ['L-59'])
})

t.test('on a phone a long name is read whole among chosen columns, and a comment ends where it is cut', async t => {
  const { enter, anna, db } = await openDesk(t)
  const names = ['Przedsiębiorstwo Wielobranżowe Stefaniak i Wspólnicy spółka komandytowa', 'Stefaniakowskoprzybylskojaworzynianskaprzemyslowa']
  for (const name of names) await db.raw("insert into leads (number, type_id, status_id, contact_name, comment) select ?, (select min(id) from lead_types), (select min(id) from lead_statuses), ?, repeat('A comment ', 20)", [`L-${name.length}`, name])
  const { page, problems } = await enter(anna, { javaScript: false, viewport: { width: 390, height: 844 } })
  await page.goto('/leads?columns=client,comment')
  const cells = await page.locator('td.l-client, td.l-client > *').evaluateAll(all => all.map(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth))
  t.same(cells, cells.map(() => true))
  t.equal(await page.locator('td.l-comment > .cut').count(), 2)
  t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  t.same(problems, [])
})
