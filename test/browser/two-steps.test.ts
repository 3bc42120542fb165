import t from 'tap'
import { PASSWORD } from '../support/cast.js'
import { openDesk } from '../support/desk.js'
import { codeNow, giveTwoSteps } from '../support/two-steps.js'

for (const javaScript of [true, false]) {
  t.test(`two-step sign-in is set up, and signs in${javaScript ? '' : ', without JavaScript'}`, async t => {
    const desk = await openDesk(t)
    const { enter, db, sofia } = desk
    const { page, problems } = await enter(sofia, { javaScript })
    await page.goto('/account')
    await page.click('a[href="/account/two-steps"]')
    await page.click('form[action$="/start"] button')
    await page.waitForSelector('svg.qr')
    const secret = (await page.textContent('.secret'))!.replaceAll(' ', '')
    await page.fill('[name=code]', '000000')
    await page.fill('[name=current_password]', PASSWORD)
    await page.click('button.primary')
    await page.waitForSelector('#code-error')
    await page.fill('[name=code]', codeNow(0, secret))
    await page.fill('[name=current_password]', PASSWORD)
    await page.click('button.primary')
    await page.waitForSelector('.recovery-codes')
    const codes = await page.locator('.recovery-codes code').allTextContents()
    t.equal(codes.length, 10)
    t.equal(await page.locator('[data-print]').isVisible(), javaScript, 'what prints by a script is there where scripts are')
    await page.click('a.primary')
    await page.waitForURL(/\/clients$/)

    for (const [field, given] of [['code', codeNow(1, secret)], ['recovery', codes[3]!]] as const) {
      await page.goto('/account')
      await page.click('.top form[action="/sign-out"] button')
      await page.waitForURL('**/sign-in') // the page before has a field for the e-mail too
      await page.fill('[name=email]', sofia.email)
      await page.fill('[name=password]', PASSWORD)
      await page.click('button.primary')
      await page.waitForSelector('[name=code]:focus') // one types at once
      if (field === 'recovery') await page.click('summary')
      await page.fill(`[name=${field}]`, given)
      await page.click('button.primary')
      await page.waitForURL(/\/clients$/)
    }
    t.match(await page.textContent('#flash'), /9 are left/)
    t.equal((await db('recovery_codes').whereNotNull('used_at')).length, 1)
    t.same(problems, [])
  })
}

t.test('the session ends while a field saves itself: one signs in on the page in two steps, and nothing typed is lost', async t => {
  const desk = await openDesk(t)
  const { enter, anna, client, db } = desk
  await giveTwoSteps(db, anna)
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${id}`)
  await db('sessions').where({ employee_id: anna.id }).delete()
  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await page.fill('#flash [name=email]', anna.email)
  await page.fill('#flash [name=password]', PASSWORD)
  await page.click('#flash button')
  await page.fill('#flash [name=code]', '000000')
  await page.click('#flash button')
  await page.waitForSelector('#flash #code-error')
  t.equal(await page.inputValue('#note'), 'Prefers Viber', 'the page stays as it is')
  await page.fill('#flash [name=code]', codeNow())
  await page.click('#flash button')
  await page.waitForSelector('#part-note .saved')
  t.equal((await db('clients').where({ id }).first('note')).note, 'Prefers Viber', 'what waited has gone by itself')
  t.same(problems, [])
})

t.test('looking as a role is marked and stopped', async t => {
  const desk = await openDesk(t)
  const { enter, anna, client, sofia } = desk
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(anna)
  await page.goto(`/settings/roles/${sofia.roleId}`)
  await page.click('form[action$="/view"] button')
  await page.waitForSelector('.viewing')
  await page.goto(`/clients/${id}`)
  t.ok(await page.isDisabled('#note'), 'nothing can be typed that would not be saved')
  await page.locator('#note').evaluate(note => {
    const field = note as HTMLTextAreaElement
    field.disabled = false
    field.value = 'Not to be saved'
    field.dispatchEvent(new Event('change', { bubbles: true }))
  })
  await page.waitForSelector('#flash :text("nothing was changed")')
  await page.click('.viewing button')
  await page.waitForURL(new RegExp(`/settings/roles/${sofia.roleId}$`))
  t.equal(await page.locator('.viewing').count(), 0)
  t.same(problems.filter(problem => !/403/.test(problem)), [])
})
