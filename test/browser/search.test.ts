import t from 'tap'
import { openDesk } from '../support/desk.js'

t.test('the list is searched as one types, and Back comes back to it', async t => {
  const { enter, anna, client } = await openDesk(t)
  await client({ first_name: 'Łukasz', surname: 'Świątek', tag: 'VIP', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  await client({ first_name: 'Zofia', surname: 'Żółć', email_rows: 0, 'emails.0.address': 'zofia@poczta.example' })
  await client({ kind: 'company', company_name: 'Repuestos del Sur S.L.', is_supplier: 'on', tag: 'VIP' })
  const { page, problems } = await enter(anna)
  const shows = (...names: string[]) => page.waitForFunction(names => {
    const shown = [...document.querySelectorAll('table.clients a.name')].map(name => name.textContent.trim())
    return shown.length === names.length && names.every((name, i) => shown[i] === name)
  }, names)
  await page.goto('/clients')
  await shows('Łukasz Świątek', 'Repuestos del Sur S.L.', 'Zofia Żółć')

  await page.click('[type=search]')
  await page.keyboard.type('swi luk', { delay: 30 })
  await shows('Łukasz Świątek')
  t.equal(await page.inputValue('[type=search]'), 'swi luk')
  t.ok(await page.locator('[type=search]').evaluate(box => box === document.activeElement), 'the box keeps the cursor')
  await page.waitForURL(/\/clients\?q=swi\+luk$/, { waitUntil: 'commit' }) // the address says what is shown
  t.equal((await page.textContent('#count'))?.trim(), '1')
  for (const [q, name] of [['123 45', 'Łukasz Świątek'], ['0048600', 'Łukasz Świątek'], ['zofia@poczta', 'Zofia Żółć'], ['vip repuestos', 'Repuestos del Sur S.L.']]) {
    await page.fill('[type=search]', q!)
    await shows(name!)
  }
  await page.fill('[type=search]', 'nobody at all')
  await page.waitForSelector('#list .empty')
  await page.click('#list .empty .btn')
  await shows('Łukasz Świątek', 'Repuestos del Sur S.L.', 'Zofia Żółć')

  await page.fill('[type=search]', 'vip')
  await shows('Łukasz Świątek', 'Repuestos del Sur S.L.')
  await page.click('.chip:has-text("Companies")')
  await shows('Repuestos del Sur S.L.')
  await page.waitForURL(/q=vip&show=companies$/, { waitUntil: 'commit' }) // a filter keeps the search
  await page.click('table.clients a.name')
  await page.waitForSelector('#client-form')
  await page.goBack()
  await shows('Repuestos del Sur S.L.')
  await page.waitForURL(/q=vip&show=companies$/, { waitUntil: 'commit' })
  t.equal(await page.inputValue('[type=search]'), 'vip')
  await page.goBack()
  await shows('Łukasz Świątek', 'Repuestos del Sur S.L.')
  await page.reload()
  await shows('Łukasz Świątek', 'Repuestos del Sur S.L.')
  t.equal(await page.inputValue('[type=search]'), 'vip')
  t.same(problems, [])
})
