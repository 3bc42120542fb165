import t from 'tap'
import { openDesk } from '../support/desk.js'

t.test('a number that another client has is said while it is typed, with the way to that client', async t => {
  const { enter, anna, client, db } = await openDesk(t)
  await db('organisation').update({ phone_uniqueness: 'warn', email_uniqueness: 'refuse' })
  const other = await client({ surname: 'Żółć', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1, email_rows: 0, 'emails.0.address': 'zofia@poczta.example' })
  const { page, problems } = await enter(anna)
  await page.goto('/clients/new')
  await page.fill('#surname', 'Nowak')
  await page.click('[name="phones.0.number"]')
  await page.keyboard.type('0048 600-123-456', { delay: 20 })
  await page.waitForSelector('#phones-0-says .warning')
  t.equal(await page.locator('#phones-0-says a').getAttribute('href'), `/clients/${other}`)
  t.equal(await page.inputValue('[name="phones.0.number"]'), '0048 600-123-456', 'the cursor and the digits are left alone')
  await page.keyboard.press('Backspace')
  await page.waitForFunction(() => !document.querySelector('#phones-0-says a'))
  await page.keyboard.type('6')

  await page.fill('[name="emails.0.address"]', 'Zofia@Poczta.example')
  await page.waitForSelector('#emails-0-says .error')
  await page.click('.actions .primary')
  await page.waitForSelector('#emails-0-address-error')
  t.equal(await page.locator('#emails-0 .says a').getAttribute('href'), `/clients/${other}`, 'what is refused says who has it')
  t.equal(await page.inputValue('[name="phones.0.number"]'), '0048 600-123-456', 'what was typed stays')
  t.equal((await db('clients')).length, 1)

  await page.fill('[name="emails.0.address"]', 'nowak@poczta.example')
  await page.click('.actions .primary')
  await page.waitForURL(/clients\/\d+$/)
  t.match(await page.textContent('#phones-0 .warning'), /another client/i, 'what is only warned of is saved, and stays warned of')
  t.same(problems, [])
})
