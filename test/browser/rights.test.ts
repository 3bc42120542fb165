import t from 'tap'
import { boxOf } from '../support/browser.js'
import { openDesk } from '../support/desk.js'

t.test('a specialist meets a page that says no, and is shown no way to what they may not do', async t => {
  const { enter, sofia, nuno, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(sofia)
  await page.goto('/clients')
  t.equal(await page.locator('.side a[href="/settings"]').count(), 0)
  const answer = await page.goto('/settings/employees')
  t.equal(answer?.status(), 403)
  t.match(await page.textContent('h1'), /Not allowed/)
  await page.getByRole('link', { name: 'Clients' }).click()
  await page.waitForURL('**/clients')

  await page.goto(`/clients/${id}`)
  t.equal(await page.locator('#heading details').count(), 0, 'nothing to archive with')
  t.ok(await page.isDisabled('#discount-services'), 'a discount is shown, not offered')
  t.equal(await page.locator('[name=is_supplier]').count(), 0)
  await db('employees').where({ id: sofia.id }).update({ role_id: nuno.roleId })
  await page.fill('#note', 'typed after the right was gone')
  await page.locator('#note').blur()
  await page.waitForSelector('#flash .bad')
  t.match(await page.textContent('#flash'), /Not allowed/, 'a right that is gone is gone at once')
  t.equal(await page.inputValue('#note'), 'typed after the right was gone', 'and the page stays as it is')
  t.equal((await db('clients').where({ id }).first()).note, '')

  t.equal((await page.goto('/clients'))?.status(), 403)
  t.same(problems, [])
})

t.test('a whole form that can\'t be saved stays as it was typed, and says why', async t => {
  const { enter, sofia, nuno, db } = await openDesk(t)
  const { page, problems } = await enter(sofia)
  await page.goto('/clients/new')
  await page.fill('#surname', 'Nowak')
  await page.fill('[name="phones.0.number"]', '600 123 456')
  await db('employees').where({ id: sofia.id }).update({ role_id: nuno.roleId })
  await page.click('.actions .primary')
  await page.waitForSelector('#flash .bad:has-text("Not allowed")')
  t.match(page.url(), /\/clients\/new$/)
  t.same([await page.inputValue('#surname'), await page.inputValue('[name="phones.0.number"]')], ['Nowak', '600 123 456'])
  await db('employees').where({ id: sofia.id }).update({ role_id: sofia.roleId })
  await page.click('.actions .primary')
  await page.waitForURL(/clients\/\d+$/)
  t.match(await db('clients').select('surname'), [{ surname: 'Nowak' }], 'once it can be, it is')
  t.same(problems, [])
})

t.test('a masked phone is masked everywhere, and can\'t be felt out digit by digit', async t => {
  const { enter, as, anna, sofia, client } = await openDesk(t)
  const id = await client({ surname: 'Żółć', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1, 'phones.0.sms': 'on', email_rows: 0, 'emails.0.address': 'zofia@poczta.example' })
  await client({ surname: 'Kowal' })
  const phone = (await as(anna).get(`/clients/${id}`)).body.match(/phones\/(\d+)"/)![1]
  await as(anna).post(`/clients/${id}/phones/${phone}`, { phone_rows: 0, 'phones.0.id': phone, 'phones.0.number': '600 123 457', 'phones.0.type': 1 })

  const { page, problems } = await enter(sofia)
  const bodies: string[] = []
  page.on('response', async response => { if (response.request().resourceType() !== 'stylesheet') bodies.push(await response.text().catch(() => '')) })
  await page.goto('/clients')
  t.match(await page.textContent('table.clients'), /\+48 ••• ••• •57/)
  await page.goto(`/clients/${id}`)
  t.match(await page.textContent('#phones'), /\+48 ••• ••• •57/)
  t.match(await page.textContent('#emails'), /z•••@•••/)
  t.match(await page.textContent('#events'), /\+48 ••• ••• •56/, 'also the number it had before')
  await page.setViewportSize({ width: 390, height: 844 })
  const [address, cross] = [await boxOf(page.locator('#emails-0 .masked')), await boxOf(page.locator('#emails-0 [name=drop_email]'))]
  t.ok(cross.y < address.y + address.height && address.y < cross.y + cross.height, 'what takes it off stands beside it, also on a phone')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.check('[name="phones.0.viber"]')
  await page.waitForSelector('#phones-0 .saved')
  await page.waitForSelector('#events :text("Agrees to Viber")')
  await page.fill('#note', 'Prefers Viber')
  await page.click('.actions .primary >> nth=0')
  await page.waitForSelector('#flash .note')
  t.match((await as(anna).get(`/clients/${id}`)).body, /\+48 600 123 457/, 'her saving leaves the number as it is')

  await page.goto('/clients')
  const found = async (q: string) => {
    await page.fill('[type=search]', q)
    await page.waitForFunction(q => new URLSearchParams(location.search).get('q') === q, q)
    return page.locator('table.clients tbody tr').count()
  }
  for (const part of ['600', '600123', '60012345', '123 457', '+4860012345', 'zofia@poczta', 'poczta']) t.equal(await found(part), 0, part)
  for (const whole of ['600 123 457', '+48600123457', 'zofia@poczta.example']) t.equal(await found(whole), 1, whole)

  const seen = bodies.join('\n').replace(/name="q" value="[^"]*"|[?&]q=[^"&]*|in=q%3D[^"&]*/g, '') // what she typed herself
  t.notMatch(seen, /600.?123.?45[67]|zofia@poczta|zofia%40poczta/i, 'no answer held it')
  t.same(problems, [])
})
