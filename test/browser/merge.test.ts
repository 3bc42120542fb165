import t from 'tap'
import { lookAtBatch } from '../../src/clients/duplicates/look.js'
import { addClient } from '../support/clients.js'
import { openDesk } from '../support/desk.js'

// With JavaScript and without it is the same journey: everything is a form.
for (const plain of [false, true]) {
  t.test(`duplicates are compared, merged and taken apart again${plain ? ', without JavaScript' : ''}`, async t => {
    const { enter, anna, db } = await openDesk(t)
    const one = await addClient(db, anna, { first_name: 'Bartek', surname: 'Wiśniewski', phones: ['608 200 300'], note: 'Prefers Viber' })
    const two = await addClient(db, anna, { first_name: 'Bartłomiej', surname: 'Wisniewski', phones: ['608 200 300', '608 200 301'], note: 'Has a dog' })
    while (await lookAtBatch(db));
    const { page, problems } = await enter(anna, { javaScript: !plain })
    await page.goto(`/clients/${one}`)
    await page.click('.maybe-twins')
    await page.click('.twins .btn >> nth=0')
    await page.waitForSelector('#merge')
    await page.getByRole('radio', { name: `: Bartek Wiśniewski, No. ${one}` }).check() // which stays, and whose first name it is, is in the names
    await page.getByRole('radio', { name: 'Bartłomiej Wisniewski Bartłomiej' }).check()
    t.equal(await page.locator(`[name="pick.first_name"][value="${two}"]:checked`).count(), 1)
    await page.click('#merge .primary')
    await page.waitForURL(`**/clients/${one}`)
    t.match(await page.textContent('h1'), /Bartłomiej Wiśniewski/)
    t.equal(await page.inputValue('[name=note]'), 'Prefers Viber\n\nHas a dog')
    await page.goto(`/clients/${two}`)
    t.match(page.url(), new RegExp(`/clients/${one}$`), 'the old address leads here')

    await page.click('.event a:text("about this merge")')
    await page.click('.sheet [action$="/undo"] .primary') // the profile, still there for a moment, has a primary button too
    await page.waitForSelector('.outcome')
    t.match(await page.textContent('.sheet'), /All is as it was before the merge/)
    await page.goto(`/clients/${two}`)
    t.match(await page.textContent('h1'), /Bartłomiej Wisniewski/)
    t.equal(await page.inputValue('[name=note]'), 'Has a dog')
    t.same(problems, [])
  })
}

t.test('the hint of possible duplicates stays where a part of the profile, or a tag, is saved in place', async t => {
  const { enter, anna, db } = await openDesk(t)
  const one = await addClient(db, anna, { first_name: 'Bartek', surname: 'Wiśniewski', phones: ['608 200 300'] })
  await addClient(db, anna, { first_name: 'Bartłomiej', surname: 'Wisniewski', phones: ['608 200 300'] })
  while (await lookAtBatch(db));
  const { page, problems } = await enter(anna)
  await page.goto(`/clients/${one}`)
  await page.fill('#note', 'Prefers Viber')
  await page.locator('#note').blur()
  await page.waitForSelector('#part-note .saved')
  t.ok(await page.isVisible('.maybe-twins'))
  await page.fill('[name=tag]', 'VIP')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#heading .chip:has-text("VIP")')
  t.ok(await page.isVisible('.maybe-twins'))
  t.same(problems, [])
})

t.test('a longer word is not cut', async t => {
  const { enter, anna, db } = await openDesk(t)
  await db('employees').where({ id: anna.id }).update({ language: 'es' })
  const { page, problems } = await enter(anna)
  await page.goto('/clients/duplicates')
  t.same(await page.locator('.chips .chip').evaluateAll(chips => chips.filter(chip => chip.scrollWidth > chip.clientWidth).map(chip => chip.textContent)), [])
  t.same(problems, [])
})
