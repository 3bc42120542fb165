import t from 'tap'
import { openDesk } from '../support/desk.js'

for (const javaScript of [true, false]) {
  t.test(`a forgotten password is set anew by the letter in the test mailbox${javaScript ? '' : ', without JavaScript'}`, async t => {
    const { enter, anna, sofia } = await openDesk(t)
    const { page, problems } = await enter(null, { javaScript })
    await page.goto('/sign-in')
    await page.click('a[href="/sign-in/forgotten"]')
    await page.waitForURL('**/sign-in/forgotten')
    await page.fill('[name=email]', sofia.email)
    await page.click('button.primary')
    await page.waitForURL('**/sign-in/forgotten/sent')

    const admin = await enter(anna, { javaScript })
    await admin.page.goto('/settings/test-mailbox')
    for (let n = 0; n < 50 && await admin.page.locator('table a.name').count() === 0; n++) await admin.page.reload()
    await admin.page.click('table a.name')
    await admin.page.waitForSelector('iframe')
    const letter = admin.page.frameLocator('iframe')
    t.match(await letter.locator('body').textContent(), /Hello Sofia Ramos/)
    const opening = admin.context.waitForEvent('page')
    await letter.locator('a').first().click()
    const opened = await opening
    await opened.waitForURL('**/sign-in/password/*')

    await page.goto(opened.url())
    await page.fill('[name=password]', 'short')
    await page.click('button.primary')
    await page.waitForSelector('#password-error')
    t.match(await page.textContent('#password-error'), /Three or four words/, 'says what would pass')
    await page.fill('[name=password]', 'seven of nine cats')
    await page.click('button.primary')
    await page.waitForURL('**/sign-in')
    await page.waitForSelector('#flash .note')
    await page.fill('[name=email]', sofia.email)
    await page.fill('[name=password]', 'seven of nine cats')
    await page.click('button.primary')
    await page.waitForURL('**/clients')
    t.same([...problems, ...admin.problems], [])
  })
}
