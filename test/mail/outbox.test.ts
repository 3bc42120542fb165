import t from 'tap'
import { catchDue, queueMail, type NewMail } from '../../src/mail/outbox/queries.js'
import { secondApp } from '../support/app.js'
import { cast, type Cast } from '../support/cast.js'
import { smtpServer, useServer } from '../support/smtp.js'

const mail = (more: Partial<NewMail> = {}): NewMail => ({ kind: 'test', to: { address: 'lucja@poczta.example', name: 'Łucja Żak' }, subject: 'Zażółć gęślą', text: 'plain words', html: '<p>words</p>', ...more })
const rows = ({ db }: Cast) => db('mails').orderBy('id')
/** Makes what waits due now, and lets it be tried. */
const tryAgain = async ({ db, app }: Cast) => {
  await db('mails').where({ state: 'due' }).update({ next_at: db.fn.now() })
  await app.outbox.wake()
}

t.test('a mail is sent once its cause is kept, and of it nothing is left but its fate', async t => {
  const desk = await cast(t)
  const { app, db } = desk
  const server = await smtpServer(t)
  t.equal((await useServer(desk.as(desk.anna), server.port)).status, 303)
  await db.transaction(async trx => { await queueMail(trx, mail()); throw new Error('the cause was not kept') }).catch(() => {})
  await app.outbox.wake()
  t.same(server.mails, [])
  t.same(await db.transaction(trx => queueMail(trx, mail())), { caught: false })
  await app.outbox.wake()
  const [sent] = server.mails
  t.match(sent, { from: 'desk@naprawa.example', to: ['lucja@poczta.example'] })
  for (const part of [/^From: "Naprawa & Co" <desk@naprawa\.example>/m, /^Subject: =\?UTF-8\?/m, /^Auto-Submitted: auto-generated/m, /^Message-ID: <[0-9a-f-]{36}@naprawa\.example>/m, /plain words/, /<p>words<\/p>/]) t.match(sent!.raw, part)
  t.match(await rows(desk), [{ state: 'sent', said: '250 queued as 1', body_text: null, body_html: null, attempts: 1 }])
})

t.test('several processes send each mail once, over one connection each', async t => {
  const desk = await cast(t)
  const { app, db, url } = desk
  const server = await smtpServer(t)
  await useServer(desk.as(desk.anna), server.port)
  const other = await secondApp(t, { db, url })
  await db.transaction(async trx => { for (let n = 0; n < 12; n++) await queueMail(trx, mail({ subject: `number ${n}` })) })
  await Promise.all([app.outbox.wake(), other.outbox.wake()])
  t.same(server.mails.map(({ raw }) => /number \d+/.exec(raw)![0]).sort(), Array.from({ length: 12 }, (_, n) => `number ${n}`).sort())
  t.ok(server.connections.length <= 4, `${server.connections.length} connections`)
  t.ok((await rows(desk)).every(row => row.state === 'sent' && row.attempts === 1))
})

t.test('a server that is down is tried again, later each time, and given up at last', async t => {
  const desk = await cast(t)
  const { app, db } = desk
  const gone = await smtpServer(t)
  await useServer(desk.as(desk.anna), gone.port)
  await gone.close()
  await queueMail(db, mail())
  await app.outbox.wake()
  const [row] = await rows(desk)
  t.match(row, { state: 'due', attempts: 1, problem: 'unreachable', said: /ECONNREFUSED/ })
  t.ok(row.next_at > new Date(), 'not at once')
  await tryAgain(desk)
  t.ok((await rows(desk))[0].next_at - row.next_at > 200_000, 'the second wait is longer')
  const page = await desk.as(desk.anna).get('/settings/mail')
  t.match(page.body, 'lucja@poczta.example')
  t.match(page.body, /no connection to the server/)

  await db('mails').update({ attempts: 8 })
  await tryAgain(desk)
  t.match(await rows(desk), [{ state: 'failed', attempts: 9 }])
  const back = await smtpServer(t, { port: gone.port })
  t.equal((await desk.as(desk.anna).post(`/settings/mail/sent/${row.id}/again`)).status, 303)
  await app.outbox.wake()
  t.equal(back.mails.length, 1)
  t.match(await rows(desk), [{ state: 'sent', attempts: 1 }])
  for (const id of [row.id, 999_999, 'x']) t.equal((await desk.as(desk.anna).post(`/settings/mail/sent/${id}/again`)).status, 404, `${id}`)
})

t.test('what the server refuses for good fails at once; what it puts off is tried again; what came too late is dropped', async t => {
  const desk = await cast(t)
  const server = await smtpServer(t, { refuse: to => to.startsWith('nobody') ? '550 No such user' : to.startsWith('later') ? '451 Greylisted' : undefined })
  await useServer(desk.as(desk.anna), server.port)
  for (const name of ['nobody', 'later', 'somebody']) await queueMail(desk.db, mail({ to: { address: `${name}@poczta.example` } }))
  await queueMail(desk.db, mail({ expiresAt: new Date(Date.now() - 1000) }))
  await desk.app.outbox.wake()
  t.match(await rows(desk), [{ state: 'failed', problem: 'refused', said: /550 No such user/ }, { state: 'due', problem: 'busy', said: /451 Greylisted/ }, { state: 'sent' }, { state: 'expired', body_text: null }])
  t.equal(server.mails.length, 1)
})

t.test('a sender that was killed in the middle: the mail is called uncertain and not repeated, the others go', async t => {
  const desk = await cast(t)
  const server = await smtpServer(t)
  await useServer(desk.as(desk.anna), server.port)
  const { db, app } = desk
  await db('mails').insert([
    { kind: 'test', recipient: 'a@poczta.example', subject: 'a', body_text: 'a', body_html: 'a', state: 'sending', taken_at: db.raw("now() - interval '6 minutes'"), attempts: 1 },
    { kind: 'test', recipient: 'b@poczta.example', subject: 'b', body_text: 'b', body_html: 'b', state: 'sending', taken_at: db.fn.now(), attempts: 1 },
    { kind: 'test', recipient: 'c@poczta.example', subject: 'c', body_text: 'c', body_html: 'c' }
  ])
  await app.outbox.wake()
  t.same((await rows(desk)).map(row => row.state), ['uncertain', 'sending', 'sent'])
  t.same(server.mails.map(one => one.to[0]), ['c@poczta.example'])
  t.match((await desk.as(desk.anna).get('/settings/mail')).body, /may have arrived/)
})

t.test('a connection lost after the mail was handed over leaves it uncertain', async t => {
  const desk = await cast(t)
  const server: Awaited<ReturnType<typeof smtpServer>> = await smtpServer(t, { hold: async () => server.cut() })
  await useServer(desk.as(desk.anna), server.port)
  await queueMail(desk.db, mail())
  await desk.app.outbox.wake()
  t.equal(server.mails.length, 1)
  t.match(await rows(desk), [{ state: 'uncertain', problem: 'lost' }])
})

t.test('a round that began before there was a server leaves what came since to it', async t => {
  const desk = await cast(t)
  const server = await smtpServer(t)
  await useServer(desk.as(desk.anna), server.port)
  // In one, so that no other round sees it due.
  await desk.db.transaction(async trx => {
    await queueMail(trx, mail())
    await trx('mails').update({ next_at: trx.raw("now() + interval '1 hour'") })
  })
  await catchDue(desk.db)
  t.match(await rows(desk), [{ state: 'due' }])
})

t.test('without a server everything is caught, also what waits when it is taken away', async t => {
  const desk = await cast(t)
  t.same(await queueMail(desk.db, mail()), { caught: true })
  const gone = await smtpServer(t)
  await useServer(desk.as(desk.anna), gone.port)
  await gone.close()
  t.same(await queueMail(desk.db, mail()), { caught: false })
  await desk.app.outbox.wake()
  await useServer(desk.as(desk.anna), gone.port, { sends: 'no' })
  await desk.app.outbox.wake()
  t.same((await rows(desk)).map(row => row.state), ['caught', 'caught'])
})
