import t from 'tap'
import { PASSWORD } from '../support/cast.js'
import { openDesk } from '../support/desk.js'

for (const javaScript of [true, false]) {
  t.test(`a stranger signs in, is led to the page they asked for, and signs out${javaScript ? '' : ', without JavaScript'}`, async t => {
    const { enter, anna, client, db } = await openDesk(t)
    const id = await client({ first_name: 'Łukasz', surname: 'Świątek' })
    const { page, context, problems } = await enter(null, { javaScript })

    await page.goto(`/clients/${id}`)
    t.match(page.url(), /\/sign-in\?to=/)
    await page.fill('[name=email]', anna.email)
    await page.fill('[name=password]', 'guessing along')
    await page.click('button.primary')
    await page.waitForSelector('[role=alert]')
    t.match(await page.textContent('[role=alert]'), /don't belong together/)
    t.equal(await page.inputValue('[name=email]'), anna.email, 'the address stays')
    t.equal(await page.inputValue('[name=password]'), '', 'the password does not')

    await page.fill('[name=password]', PASSWORD)
    await page.click('button.primary')
    await page.waitForURL(`**/clients/${id}`)
    t.equal((await page.textContent('h1'))?.trim(), 'Łukasz Świątek')
    const cookie = (await context.cookies()).find(({ name }) => name === 'clientela')
    t.match(cookie, { httpOnly: true, sameSite: 'Lax' })

    await page.click('.side .me')
    await page.waitForURL('**/account')
    const before = await sessionsOf(anna.id)
    await page.click('form[action="/sign-out"] button')
    await page.waitForURL('**/sign-in')
    t.equal(await sessionsOf(anna.id), before - 1, 'the session is gone from the database')
    await page.goto('/clients')
    t.match(page.url(), /\/sign-in\?to=%2Fclients$/, 'and opens nothing any more')
    t.same(problems, [])

    async function sessionsOf (id: number) {
      return (await db('sessions').where({ employee_id: id })).length
    }
  })
}
