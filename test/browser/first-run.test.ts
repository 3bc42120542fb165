import t from 'tap'
import { newPage } from '../support/browser.js'
import { testApp } from '../support/app.js'
import { listen } from '../support/desk.js'

for (const javaScript of [true, false]) {
  t.test(`the first page leads to the setup, and the setup to a list with example data${javaScript ? '' : ', without JavaScript'}`, async t => {
    const { app, db } = await testApp(t, { organisation: false })
    const { page, problems } = await newPage(t, { javaScript, baseURL: await listen(app), locale: 'pl-PL' })

    await page.goto('/clients')
    t.match(page.url(), /\/setup$/)
    t.equal(await page.locator('html').getAttribute('lang'), 'pl', 'in the language of the browser')
    t.equal(await page.inputValue('[name=country]'), 'PL')
    t.equal(await page.inputValue('[name=currency]'), 'PLN')
    t.equal(await page.inputValue('[name=time_zone]'), 'Europe/Warsaw')

    await page.fill('[name=company]', 'Zażółć Gęślą Sp. z o.o.')
    await page.fill('[name=name]', 'Łucja Żak')
    await page.fill('[name=email]', 'lucja@gesla.example')
    await page.fill('[name=password]', 'short')
    await page.selectOption('[name=language]', 'en')
    await page.check('[name=example]')
    await page.click('button.primary')
    await page.waitForSelector('#password-error')
    t.equal(await page.inputValue('[name=company]'), 'Zażółć Gęślą Sp. z o.o.', 'what was typed stays')
    t.ok(await page.isChecked('[name=example]'))
    t.equal((await db('organisation')).length, 0, 'nothing is saved yet')

    await page.fill('[name=password]', 'seven of nine cats')
    await page.click('button.primary')
    await page.waitForURL('**/clients')
    await page.waitForSelector('table.clients')
    t.equal(await page.locator('html').getAttribute('lang'), 'en')
    t.equal(await page.locator('table.clients tbody tr').count(), 50)
    t.equal(Number(await page.textContent('#count')), (await db('clients').whereNull('archived_at')).length)
    t.match(await page.textContent('.side .me'), /Łucja Żak/, 'the owner is signed in')

    await page.goto('/setup')
    t.equal(await page.locator('h1').textContent(), 'Clients', 'there is no second first run')
    t.same(problems, [])
  })
}
