import type { Page } from 'playwright-core'
import t from 'tap'
import { openDesk } from '../support/desk.js'

const desk = await openDesk(t)
const { anna, client, enter } = desk
const [first] = [await client({ first_name: 'Zofia', surname: 'Żółć', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 }), await client({ surname: 'Żółw' }), await client({ surname: 'Kowal' })]

/** Waits until this has the focus. */
const on = (page: Page, selector: string) => page.waitForSelector(`${selector}:focus`)
const press = async (page: Page, selector: string, key = 'Enter') => {
  await page.focus(selector)
  await page.keyboard.press(key)
}
/** Waits until a screen reader was told this. */
const said = (page: Page, words: string) => page.waitForFunction(words => document.getElementById('said')?.textContent === words, words)

t.test('the focus goes to the title of a page that is shown, back to what led away, and stays on what sorts', async t => {
  const { page, problems } = await enter(anna)
  await page.goto('/leads')
  await press(page, '.side a[href="/clients"]')
  await on(page, 'h1:has-text("Clients")')
  await page.fill('[type=search]', 'Ż')
  await said(page, '2 clients')
  await press(page, `a.name[href="/clients/${first}"]`)
  await on(page, 'h1:has-text("Zofia Żółć")')
  await page.goBack()
  await on(page, `a.name[href="/clients/${first}"]`)
  await page.keyboard.press('/')
  await page.keyboard.type('q')
  await said(page, 'No client matches this.')
  await page.goto('/clients')
  await press(page, 'th.who a')
  await page.waitForURL('**order=desc*')
  await on(page, 'th.who[aria-sort=descending] a')
  await said(page, '3 clients')
  await press(page, '.menu.filter summary')
  await page.focus('#f-show')
  await page.keyboard.press('Escape')
  await on(page, '.menu.filter summary')
  t.equal(await page.locator('.menu[open]').count(), 0)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.menu.filter[open]')
  await page.focus('.menu.choose summary')
  await page.waitForSelector('.menu.filter:not([open])') // it would cover what is tabbed to
  t.equal(await page.getByRole('table', { name: 'Clients' }).getByRole('img', { name: 'Agreed to no channel' }).count(), 1, 'not by colour alone')
  await page.emulateMedia({ forcedColors: 'active' })
  const background = (selector: string) => page.locator(selector).first().evaluate(chip => getComputedStyle(chip).backgroundColor)
  t.not(await background('.chip.on'), await background('.chip:not(.on)'), 'what is chosen is seen where the system chooses the colours')
  await page.emulateMedia({ forcedColors: 'none' })

  await page.goto('/account')
  t.equal(await page.textContent('#language [lang=pl]'), 'Polski', 'read out as a Polish word')
  await page.goto('/clients')
  await press(page, '[data-key=n]')
  await on(page, '#first-name')
  await press(page, '#client-form .primary')
  await on(page, '#first-name[aria-invalid=true]')
  t.same(problems, [])
})

t.test('on a profile whose number it is, what was saved and what became of it is told, and the focus is never lost', async t => {
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${first}`)
  const sms = page.getByRole('group', { name: '+48 600 123 456' }).getByRole('checkbox', { name: 'SMS' })
  await sms.focus()
  await page.keyboard.press('Space')
  await said(page, 'Saved')
  await page.keyboard.press('Space')
  await said(page, 'Saved\u00a0') // otherwise nothing would be new
  t.ok(await sms.evaluate(box => box === document.activeElement))
  await page.fill('#discount-services', '999')
  await page.keyboard.press('Tab')
  await said(page, 'A discount goes from 0% to 100%.')

  await press(page, '[name=add_phone]')
  await on(page, '#phones-1-number')
  await page.keyboard.type('600 123 457')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#phones-1[aria-label="+48 600 123 457"]')
  await press(page, '#phones-1 [name=drop_phone]')
  await on(page, '[name=add_phone]')
  await page.focus('[name=tag]')
  for (const tag of ['Stały', 'VIP']) {
    await page.keyboard.type(tag)
    await page.keyboard.press('Enter')
    await page.waitForSelector(`#tags .chip:has-text("${tag}")`)
    await on(page, '[name=tag]')
  }
  await press(page, '[aria-label="Remove Stały"]')
  await on(page, '#tags .chip:has-text("VIP") a')

  await page.fill('#write textarea', 'Dzień dobry')
  await press(page, '#write .send')
  await page.waitForSelector('#events .comment')
  await on(page, '#write .send')
  await press(page, '#events .event:has(.comment) form button')
  await on(page, '#events .event button') // Undo
  t.same(problems, [])
})

t.test('how many are ticked is told', async t => {
  const { page, problems } = await enter(anna)
  await page.goto('/clients')
  const boxes = page.getByRole('checkbox', { name: /Ż/ })
  for (const [at, words] of ['1 selected', '2 selected'].entries()) {
    await boxes.nth(at).focus()
    await page.keyboard.press('Space')
    await said(page, words)
  }
  await page.keyboard.press('Space')
  await said(page, '1 selected')
  await boxes.nth(0).focus()
  await page.keyboard.press('Space')
  await said(page, 'Nothing is ticked')
  t.same(problems, [])
})

t.test('who mistypes a password writes it anew at once', async t => {
  const { page, problems } = await enter(null)
  await page.goto('/sign-in')
  await page.fill('[name=email]', 'anna@clientela.example')
  await page.fill('[name=password]', 'not that one')
  await press(page, '[name=password]')
  await page.waitForSelector('.note.bad')
  await on(page, '[name=password]')
  t.same(problems, [])
})
