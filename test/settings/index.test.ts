import t from 'tap'
import { cast } from '../support/cast.js'

const addresses = (body: string) => [...body.matchAll(/<li><a class="card" href="([^"]+)"/g)].map(([, href]) => href)

// Whoever changes a role has a cast of their own.
const shared = await cast(t)

t.test('everyone sees what they may open, and it opens', async t => {
  const { as, anna, marek, olga } = shared
  const all = ['general', 'locations', 'files', 'clients', 'consent', 'phone-types', 'tags', 'price-types', 'form-editor', 'marketing', 'leads', 'lead-statuses', 'notifications', 'templates', 'notifications/clients', 'employees', 'roles', 'audit', 'mail', 'mailboxes', 'gateways', 'test-mailbox', 'telephony', 'map'].map(name => `/settings/${name}`)
  for (const person of [anna, olga]) {
    const page = await as(person).get('/settings')
    t.equal(page.status, 200)
    t.same(addresses(page.body), all)
  }
  for (const path of all) t.equal((await as(anna).get(path)).status, 200, path)
  const marketing = await as(marek).get('/settings')
  t.same(addresses(marketing.body), ['/settings/consent', '/settings/marketing'])
  t.equal(marketing.body.match(/<h2>/g)?.length, 1, 'no group without an entry')
})

t.test('who may export what clients agreed to, and nothing else of it, finds the way there', async t => {
  const { as, db, nuno } = await cast(t)
  const give = (rights: string[]) => db('roles').where({ id: nuno.roleId }).update({ rights })
  await give(['clients.view', 'clients.export', 'contacts.view_full'])
  t.match((await as(nuno).get('/account')).body, 'class="nav" href="/settings"')
  t.same(addresses((await as(nuno).get('/settings')).body), ['/settings/consent'])
  await give(['clients.view', 'clients.export'])
  t.equal((await as(nuno).get('/settings')).status, 403, 'the export holds every number in full')
  t.notMatch((await as(nuno).get('/account')).body, 'href="/settings"')
})

t.test('as a fragment it is the list alone', async t => {
  const { as, anna } = shared
  const fragment = await as(anna).get('/settings', { fragment: true })
  t.equal(fragment.status, 200)
  t.notMatch(fragment.body, /<html/)
  t.match(fragment.body, /\/settings\/general/)
})

t.test('without any of its rights it is refused, a stranger signs in', async t => {
  const { as, sofia, nuno } = shared
  for (const person of [sofia, nuno]) t.equal((await as(person).get('/settings')).status, 403)
  const stranger = await as(null).get('/settings')
  t.equal(stranger.status, 303)
  t.equal(stranger.location, '/sign-in?to=%2Fsettings')
})
