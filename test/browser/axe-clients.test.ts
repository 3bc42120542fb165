import t from 'tap'
import { openDesk } from '../support/desk.js'
import { lookAt } from './look.js'
import { clientSights } from './sights/clients.js'

t.test('the clients\' pages, as anybody can use them', async t => {
  const desk = await openDesk(t)
  await lookAt(t, desk, await clientSights(desk))
})
