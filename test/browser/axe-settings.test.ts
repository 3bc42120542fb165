import t from 'tap'
import { openDesk } from '../support/desk.js'
import { lookAt } from './look.js'
import { clientSights } from './sights/clients.js'
import { deskSights } from './sights/desk.js'

t.test('the pages of Settings, as anybody can use them', async t => {
  const desk = await openDesk(t)
  await clientSights(desk)
  const sights = await deskSights(desk)
  await lookAt(t, desk, sights.filter(({ path }) => path.startsWith('/settings')))
})
