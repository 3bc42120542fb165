import t from 'tap'
import { PASSWORD, type Person } from '../support/cast.js'
import { openDesk, type Desk } from '../support/desk.js'
import type { Page } from 'playwright-core'

t.test('the session ends while a field saves itself: one signs in on the page, and goes on', async t => {
  const desk = await openDesk(t)
  const { enter, anna, client, db } = desk
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${id}`)
  await endSessions(desk, anna)
  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await page.waitForSelector('#flash form')
  await page.fill('#flash [name=email]', anna.email)
  const again = page.waitForResponse('**/parts/address')
  await page.fill('#address', 'Rynek 1')
  await page.locator('#address').blur()
  await (await again).finished()
  await page.waitForTimeout(300)
  t.match(await page.textContent('#flash'), /session has ended/)
  t.equal(await page.inputValue('#note'), 'Prefers Viber', 'the page stays as it is')
  t.equal(await page.inputValue('#flash [name=email]'), anna.email, 'also what was typed to sign in')

  await page.fill('#flash [name=password]', 'guessing along')
  await page.click('#flash button')
  await page.waitForSelector('#flash [role=alert]')
  await page.fill('#flash [name=password]', PASSWORD)
  await page.click('#flash button')
  await page.waitForSelector('#flash .note:has-text("signed in again")')
  await page.waitForSelector('#part-note .saved')
  await page.waitForSelector('#part-address .saved')
  t.match(await db('clients').where({ id }).first(), { note: 'Prefers Viber', address: 'Rynek 1' }, 'what waited has gone by itself')
  t.same(problems, [])
})

t.test('the session ends in a page, and somebody else signs in there: nothing that was typed is saved as theirs', async t => {
  const desk = await openDesk(t)
  const { enter, anna, marek, client, db } = desk
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${id}`)
  await endSessions(desk, anna)
  await endSessions(desk, marek)
  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await page.fill('#flash [name=email]', marek.email)
  await page.fill('#flash [name=password]', PASSWORD)
  await page.click('#flash button')
  await page.waitForSelector('#flash [role=alert]:has-text("somebody else")')
  t.equal((await db('sessions').where({ employee_id: marek.id })).length, 0, 'they are not signed in')
  t.match(await db('clients').where({ id }).first(), { note: '' })

  await page.fill('#flash [name=email]', anna.email)
  await page.fill('#flash [name=password]', PASSWORD)
  await page.click('#flash button')
  await page.waitForSelector('#part-note .saved')
  t.match(await db('clients').where({ id }).first(), { note: 'Prefers Viber' }, 'what waited goes for whom it waited')
  t.same(problems, [])
})

t.test('somebody else signs in in another tab: what was typed in this one is not saved as theirs', async t => {
  const desk = await openDesk(t)
  const { enter, as, anna, marek, client, db } = desk
  const id = await client({ surname: 'Żółć' })
  const { page, context, problems } = await enter(anna)
  await page.goto(`/clients/${id}`)
  const form = await context.newPage()
  await form.goto('/clients/new')
  await form.fill('#surname', 'Nowak')
  const [name = '', value = ''] = as(marek).cookie.split('=')
  await context.addCookies([{ name, value, url: desk.base }])

  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await page.waitForSelector('#flash .bad:has-text("Marek Nowak")')
  t.equal(await page.inputValue('#note'), 'Prefers Viber')
  await form.click('.actions .primary')
  await form.waitForSelector('#flash .bad:has-text("Marek Nowak")')
  t.equal(await form.inputValue('#surname'), 'Nowak', 'also of a whole form')
  t.match(form.url(), /clients\/new$/)
  t.same([await db('clients').pluck('note'), await db('clients').pluck('surname')], [[''], ['Żółć']])

  page.on('dialog', dialog => void dialog.accept())
  await page.reload()
  await page.fill('#note', 'Comes on Friday')
  await page.locator('#note').blur()
  await page.waitForSelector('#part-note .saved')
  t.same(problems.filter(problem => !/409/.test(problem)), [])
})

for (const javaScript of [true, false]) {
  t.test(`the session ends before a whole form is sent: what was typed is saved after signing in${javaScript ? '' : ', without JavaScript'}`, async t => {
    const desk = await openDesk(t)
    const { enter, anna, db } = desk
    const { page, problems } = await enter(anna, { javaScript })
    await page.goto('/clients/new')
    await page.fill('#surname', 'Żółć')
    const looked = javaScript && Promise.all(['**/clients/check?**', '**/tags?**VIP**'].map(url => page.waitForResponse(url)))
    await page.fill('[name="phones.0.number"]', '600 123 456')
    await page.check('[name="phones.0.viber"]')
    await page.fill('#note', 'First line\nsecond "line" <b>')
    await page.fill('[name=tag]', 'VIP')
    await looked // so that it is the form that meets the end
    await endSessions(desk, anna)
    await page.click('.actions .primary')
    await page.waitForSelector('[name=password]')
    t.match(await page.textContent('.note'), /What you typed is kept/)
    await signIn(page, anna)
    await page.waitForSelector('h1:has-text("send the form?")')
    t.equal((await db('clients')).length, 0, 'nothing is sent without being asked')
    await page.click('button.primary')
    await page.waitForURL(/clients\/\d+$/)
    t.equal(await page.inputValue('#note'), 'First line\nsecond "line" <b>')
    t.equal(await page.inputValue('[name="phones.0.number"]'), '+48 600 123 456')
    t.ok(await page.isChecked('[name="phones.0.viber"]'))
    t.match(await page.textContent('#tags'), /VIP/)
    t.same(problems, [])
  })
}

async function endSessions ({ db }: Desk, { id }: Person) {
  await db('sessions').where({ employee_id: id }).delete()
}

async function signIn (page: Page, { email }: Person) {
  await page.fill('[name=email]', email)
  await page.fill('[name=password]', PASSWORD)
  await page.click('button.primary')
}
