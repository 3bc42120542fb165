import t from 'tap'
import { openDesk } from '../support/desk.js'
import { lookAt } from './look.js'
import { automationSights } from './sights/automation.js'
import { callSights } from './sights/calls.js'
import { clientSights } from './sights/clients.js'
import { deskSights } from './sights/desk.js'
import { messageSights } from './sights/messages.js'
import { templateSights } from './sights/templates.js'

t.test('the pages of Settings, as anybody can use them', async t => {
  const desk = await openDesk(t)
  await clientSights(desk)
  const sights = [...await deskSights(desk), ...await templateSights(desk), ...await callSights(desk), ...await messageSights(desk), ...await automationSights(desk)]
  await lookAt(t, desk, sights.filter(({ path }) => path.startsWith('/settings')))
})
