import t from 'tap'
import { forgetOld } from '../../src/sign-in/queries.js'
import { secondApp } from '../support/app.js'
import { cast } from '../support/cast.js'

t.test('what is over is cleared away, at each start and every hour, and nothing else', async t => {
  const { db, url, anna, sofia } = await cast(t)
  await db('sessions').where({ employee_id: anna.id }).update({ idle_until: db.raw("now() - interval '1 second'") })
  await db('sign_in_failures').insert([{ key: 'old', failures: 3, failed_at: db.raw("now() - interval '3 days'") }, { key: 'new', failures: 3 }])
  const [old, recent] = ['6f9619ff-8b86-4d01-b42d-00cf4fc964ff', '7f9619ff-8b86-4d01-b42d-00cf4fc964ff']
  await db('submissions').insert([{ token: old, at: db.raw("now() - interval '3 days'") }, { token: recent }])
  const left = async () => [(await db('sessions').where({ employee_id: anna.id })).length, (await db('sessions').where({ employee_id: sofia.id })).length, (await db('sign_in_failures').select('key')).map(({ key }) => key), (await db('submissions').select('token')).map(({ token }) => token)]
  t.same(await left(), [1, 1, ['old', 'new'], [old, recent]])
  await secondApp(t, { db, url })
  t.same(await left(), [0, 1, ['new'], [recent]])
  await forgetOld(db)
  t.same(await left(), [0, 1, ['new'], [recent]])
})
