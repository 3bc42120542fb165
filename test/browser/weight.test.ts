import t from 'tap'
import type { Page } from 'playwright-core'
import { seedExample } from '../../seeds/demo.js'
import { openDesk } from '../support/desk.js'

/** What a visit weighs over the wire with nothing cached: bytes as Chromium counts them, headers and compression included. */
async function weigh (page: Page, visit: () => Promise<unknown>): Promise<{ sum: number, parts: Record<string, number> }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true })
  const paths = new Map<string, string>()
  const parts: Record<string, number> = {}
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => { paths.set(requestId, new URL(request.url).pathname) })
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const path = paths.get(requestId) ?? '?'
    parts[path] = (parts[path] ?? 0) + encodedDataLength
  })
  await visit()
  await cdp.detach()
  return { sum: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0), parts }
}

t.test('a list of 50 clients and a profile weigh less than 60 kB each on a cold cache, an answer to a search less than 10', async t => {
  const { enter, anna, db } = await openDesk(t)
  await db('organisation').update({ country: 'PL', language: 'pl' })
  await seedExample(db, { by: anna.id, clients: 400 })
  const { page, problems } = await enter(anna)

  const list = await weigh(page, () => page.goto('/clients'))
  t.equal(await page.locator('table.clients tbody tr').count(), 50)
  t.ok(Object.keys(list.parts).some(path => path.endsWith('.js')) && Object.keys(list.parts).some(path => path.endsWith('.css')), 'scripts and styles are counted')
  t.ok(list.sum < 60_000, `the list: ${said(list)}`)

  const { client_id: busiest } = await db('events').groupBy('client_id').orderByRaw('count(*) desc').first('client_id')
  const profile = await weigh(page, () => page.goto(`/clients/${busiest}`))
  t.ok(profile.sum < 60_000, `the profile: ${said(profile)}`)

  await page.goto('/clients')
  const search = await weigh(page, async () => {
    await Promise.all([page.waitForResponse('**/clients?q=a*'), page.fill('[type=search]', 'a')])
    await page.waitForFunction(() => location.search === '?q=a')
  })
  t.equal(await page.locator('table.clients tbody tr').count(), 50, 'a whole page was found')
  t.ok(search.sum < 10_000, `the search: ${said(search)}`)
  t.same(problems, [])
})

const said = ({ sum, parts }: { sum: number, parts: Record<string, number> }) => `${sum} bytes: ${Object.entries(parts).map(([path, bytes]) => `${path} ${bytes}`).join(', ')}`
