import t from 'tap'
import type { Page } from 'playwright-core'
import { boxOf } from '../support/browser.js'
import { addClient } from '../support/clients.js'
import { openDesk } from '../support/desk.js'

const order = (page: Page) => page.locator('a.name').allTextContents()

t.test('tags are dragged, moved by buttons and merged, and a client tells of it', async t => {
  const { enter, anna, db } = await openDesk(t)
  const id = await addClient(db, anna, { surname: 'Nowak', tags: ['Alfa', 'Beta', 'Gamma'] })
  const { page, problems } = await enter(anna)
  await page.goto('/settings/tags')
  const [grip, last] = [await boxOf(page.locator('[data-grip]').first()), await boxOf(page.locator('tr[data-moved]').last())]
  await page.mouse.move(grip.x + 5, grip.y + 5)
  await page.mouse.down()
  await page.mouse.move(last.x + 100, last.y + last.height - 3, { steps: 4 })
  await page.waitForSelector('.drop-behind')
  await page.mouse.up()
  await page.waitForFunction(() => document.querySelector('a.name')?.textContent === 'Beta')
  t.same(await order(page), ['Beta', 'Gamma', 'Alfa'])

  const up = page.getByRole('button', { name: 'Move Alfa up' })
  await up.press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('a.name')[1]?.textContent === 'Alfa')
  t.ok(await up.evaluate(button => button === document.activeElement), 'the cursor stays on its button')
  await up.press('Enter')
  await page.waitForFunction(() => document.querySelector('a.name')?.textContent === 'Alfa')

  await page.check('input[aria-label="Tick Alfa"]')
  await page.check('input[aria-label="Tick Gamma"]')
  await page.click('#merge-form button')
  await page.check('#merge label:has-text("Gamma") input')
  await page.click('#merge .primary')
  await page.waitForSelector('#flash :text("Gamma")')
  t.same(await order(page), ['Beta', 'Gamma'])
  await page.goto(`/clients/${id}`)
  await page.waitForSelector('#events :text("Tags merged")')
  t.same(problems, [])
})

t.test('without JavaScript: a price type is made, moved and chosen, a campaign deleted for another', async t => {
  const { enter, anna, db } = await openDesk(t)
  const [radio] = await db('campaigns').insert([{ name: 'Radio' }, { name: 'Leaflets' }]).returning('id')
  await db('price_types').insert({ name: 'Staff', mark_up: 0 })
  const id = await addClient(db, anna, { surname: 'Nowak', campaign_id: radio.id, discount_services: 10 })
  const { page, problems } = await enter(anna, { javaScript: false, viewport: { width: 390, height: 844 } })
  await page.goto('/settings/price-types/new')
  await page.fill('#name', 'Wholesale')
  await page.fill('#mark-up', '15 %')
  await page.click('.actions .primary')
  t.same(await order(page), ['Staff', 'Wholesale'])
  await page.click('button[aria-label="Move Wholesale up"]')
  t.same(await order(page), ['Wholesale', 'Staff'])

  await page.goto(`/clients/${id}`)
  await page.selectOption('[name="discount_services.price"]', { label: 'Wholesale (+15%)' })
  await page.click('.actions .primary >> nth=0')
  t.match(await page.textContent('#events'), /Discount on services 10% → Wholesale \(\+15%\)/)

  await page.goto(`/settings/marketing/${radio.id}`)
  await page.selectOption('[name=other]', { label: 'Leaflets' })
  await page.click('#delete .danger')
  t.same(await order(page), ['Leaflets'])
  t.equal((await db('clients').where({ id }).first()).campaign_id, (await db('campaigns').first()).id)
  t.same(problems, [])
})
