import t from 'tap'
import { receiveMessage } from '../../src/messages/receiving/receive.js'
import { addClient } from '../support/clients.js'
import { openDesk } from '../support/desk.js'

t.test('a message comes in, is seen live, and is answered', async t => {
  const { db, anna, marek, enter } = await openDesk(t)
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: 'Żółć', phones: [{ number: '600 700 001', on: ['sms'] }] })
  let n = 0
  const receive = (text: string) => db.transaction(trx => receiveMessage(trx, { channel: 'sms', from: '+48600700001', gateway: 'test', providerId: `b${++n}`, text }))
  const talk = () => db('conversations').where({ client_id: id }).first()

  const { page, problems } = await enter(marek)
  await page.goto('/inbox')
  await page.waitForFunction(() => document.querySelector('#stream'))
  await receive('Is my bicycle ready?')
  await page.waitForSelector('#talks :text("Is my bicycle ready?")')
  await page.waitForSelector('#inbox-count :text-is("1")')

  await page.click('#talks .name')
  await page.waitForSelector('.talk-said :text("Is my bicycle ready?")')
  await page.waitForSelector('#inbox-count:not(.count)', { state: 'attached' })
  t.equal((await talk()).unread, 0, 'the page itself says that it was seen')
  await page.fill('#reply [name=body]', 'Nearly')
  await receive('I would need it on Saturday.')
  await page.waitForSelector('.talk-said :text("on Saturday")')
  t.equal(await page.inputValue('#reply [name=body]'), 'Nearly', 'what is being typed stays')

  await page.click('#reply .send')
  await page.waitForSelector('.talk-said.out :text("Nearly")')
  t.equal(await page.inputValue('#reply [name=body]'), '')
  await page.click('.talk-said.out :text("Undo")')
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('#reply [name=body]')?.value === 'Nearly')
  await page.fill('#reply [name=body]', 'On Friday.')
  await page.click('#reply .send')
  await page.waitForSelector('.talk-said.out :text("On Friday.")')
  await page.selectOption('#assignee', { label: 'Anna Kowalska' })
  await page.click(':text("Assign")')
  await page.waitForSelector('#flash :text("assigned")')
  t.equal((await talk()).assignee_id, anna.id)
  t.same(problems, [])

  // The same without JavaScript.
  await page.goto('about:blank') // whoever has it open sees it
  await receive('Thank you!')
  const plain = await enter(anna, { javaScript: false })
  await plain.page.goto('/inbox?show=mine')
  await plain.page.click('.talks .name')
  await plain.page.click('button:text("Mark as read")')
  t.equal((await talk()).unread, 0)
  await plain.page.fill('#reply [name=body]', 'You are welcome.')
  await plain.page.click('#reply .send')
  await plain.page.waitForSelector('.talk-said.out :text("You are welcome.")')
  await plain.page.click('button:text("Done")')
  await plain.page.waitForURL('**/inbox')
  t.ok((await talk()).closed_at)
})

t.test('clients are written to at once', async t => {
  const { db, anna, marek, enter } = await openDesk(t)
  for (const n of [1, 2, 3]) await addClient(db, anna, { first_name: `Client ${n}`, phones: [{ number: `600 800 00${n}`, on: n < 3 ? ['sms'] : [] }] })
  const { page, problems } = await enter(marek)
  await page.goto('/clients')
  await page.click('a[href^="/mailings/new"]')
  await page.selectOption('[name=channel_1]', 'sms')
  await page.waitForSelector('#reach :text("2 can be reached")')
  await page.fill('[name=text_body]', 'Hello {{client.first_name}}')
  await page.click('button.primary')
  await page.waitForSelector('#mailing')
  await page.click('#mailing button:text("Stop")')
  await page.waitForSelector('#mailing .outcome :text("Stopped")')
  t.equal((await db('mailings').first()).state, 'stopped')
  t.same(problems, [])
})
