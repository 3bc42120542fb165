import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { testApp } from '../support/app.js'

t.test('a connection that was opened in advance doesn\'t keep the application from closing', async t => {
  const { app } = await testApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  await wait(50)
  const start = Date.now()
  await Promise.all([app.close(), once(socket, 'close')])
  t.ok(Date.now() - start < 30_000) // and not until it is taken for dead, a minute later
})

t.test('what is in flight is finished first', async t => {
  const { app, db } = await testApp(t)
  const trx = await db.transaction()
  await trx.raw('lock table migrations in access exclusive mode')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const answer = fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/readyz`)
  await wait(200)
  const closed = app.close()
  await wait(100)
  await trx.commit()
  t.equal((await answer).status, 200)
  const start = Date.now()
  await closed
  t.ok(Date.now() - start < 30_000, 'and not waited for once it is')
})
