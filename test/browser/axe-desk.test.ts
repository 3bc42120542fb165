import t from 'tap'
import { testApp } from '../support/app.js'
import { newPage } from '../support/browser.js'
import { listen, openDesk } from '../support/desk.js'
import { look, lookAt } from './look.js'
import { EMPTY, getRoutes, NO_PAGES, SETUP } from './pages.js'
import { automationSights } from './sights/automation.js'
import { callSights } from './sights/calls.js'
import { clientSights } from './sights/clients.js'
import { conversationSights } from './sights/conversations.js'
import { deskSights } from './sights/desk.js'
import { importSights } from './sights/imports.js'
import { leadSights } from './sights/leads.js'
import { mailingSights } from './sights/mailings.js'
import { messageSights } from './sights/messages.js'
import { templateSights } from './sights/templates.js'

t.test('the first run, as anybody can use it', async t => {
  const { app } = await testApp(t, { organisation: false })
  const baseURL = await listen(app)
  for (const [n, sight] of SETUP.entries()) t.same(await look((await newPage(t, { baseURL })).page, sight, n), [], sight.name)
})

t.test('the pages of a desk with nothing in it yet', async t => {
  await lookAt(t, await openDesk(t), EMPTY)
})

t.test('every other page; a new one that nobody looks at fails here', async t => {
  const desk = await openDesk(t)
  const clients = await clientSights(desk)
  const others = [...await deskSights(desk), ...await importSights(desk), ...await leadSights(desk), ...await messageSights(desk), ...await callSights(desk), ...await templateSights(desk), ...await conversationSights(desk), ...await automationSights(desk), ...await mailingSights(desk)]
  const seen = new Set([...SETUP, ...EMPTY, ...clients, ...others].map(({ route }) => route).filter(Boolean))
  const routes = getRoutes(desk.app)
  t.ok(routes.length > 30)
  t.same(routes.filter(route => !seen.has(route) && !NO_PAGES[route]), [], 'add it to the sights')
  t.same([...seen, ...Object.keys(NO_PAGES)].filter(route => !routes.includes(route)), [], 'in pages.ts, but gone')
  await lookAt(t, desk, others.filter(({ path }) => !path.startsWith('/settings') || path === '/settings/notifications'))
})
