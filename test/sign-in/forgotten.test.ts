import t from 'tap'
import { makeLink } from '../../src/account/links.js'
import { secondApp } from '../support/app.js'
import { cast, openSession, PASSWORD, visitor, type Cast } from '../support/cast.js'
import { until } from '../support/until.js'
import { smtpServer, useServer } from '../support/smtp.js'
import { says } from '../support/words.js'

const NEW = 'seven of nine cats'
const linkIn = (text: string) => /http:\/\/127\.0\.0\.1:3000(\/sign-in\/password\/[\w-]{43})/.exec(text)?.[1]
/** Asks for a new password, and waits until the request is answered. */
const ask = async ({ as, db }: Cast, email: string, headers = {}) => {
  const answer = await as(null).post('/sign-in/forgotten', { email }, { headers })
  if (answer.status === 303) await until(async () => (await db('password_requests')).length === 0, 'the request is answered')
  return answer
}

t.test('a link is sent, sets a password once, ends the sessions and tells', async t => {
  const desk = await cast(t)
  const { as, app, db, sofia } = desk
  const other = visitor(app, await openSession(app, db, sofia.id))
  t.match((await as(null).get('/sign-in')).body, 'href="/sign-in/forgotten"')
  const page = await as(null).get('/sign-in/forgotten')
  t.ok(says(page.body, 'mail.not_set_up'), 'says where it goes')
  const asked = await ask(desk, ` ${sofia.email.toUpperCase()} `, { host: 'evil.example', 'x-forwarded-host': 'evil.example' })
  t.same([asked.status, asked.location], [303, '/sign-in/forgotten/sent'])
  const mail = await db('mails').first()
  t.match(mail, { kind: 'password_reset', recipient: sofia.email, employee_id: sofia.id })
  t.notMatch(mail.body_html + mail.body_text, 'evil', 'a link leads where we are, whatever the request says')
  const link = linkIn(mail.body_text)!
  t.match(mail.body_html, link)
  t.notMatch(JSON.stringify(await db('account_links')), link.split('/').at(-1)!, 'of the token a hash is kept')

  for (let n = 0; n < 2; n++) t.match((await as(null).get(link)).body, sofia.email, 'looking uses nothing up')
  const weak = await as(null).post(link, { password: 'sofia ramos' })
  t.equal(weak.status, 422)
  t.ok(says(weak.body, 'form.password_personal'))
  const answers = await Promise.all([1, 2].map(n => as(null).post(link, { password: `${NEW} ${n}` })))
  t.same(answers.map(({ status }) => status).sort(), [303, 404], 'of two at once one succeeds')
  t.equal(answers.find(({ status }) => status === 303)!.location, '/sign-in')
  t.notOk(answers.some(({ headers }) => String(headers['set-cookie'] ?? '').includes('clientela=')), 'and nobody is signed in by it')
  t.equal((await other.get('/account')).status, 303, 'the sessions are ended')
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD })).status, 422)
  t.match(await db('mails').orderBy('id', 'desc').first(), { kind: 'password_changed', recipient: sofia.email })
  const used = await as(null).get(link)
  t.equal(used.status, 404)
  t.ok(says(used.body, 'sign_in.link_used'))
})

t.test('the answer is the same, and so is the work, whoever asks', async t => {
  const desk = await cast(t)
  const { as, db, marek, nuno, sofia } = desk
  await db('employees').where({ id: marek.id }).update({ deactivated_at: db.fn.now() })
  await db('employees').where({ id: nuno.id }).update({ password_hash: null })
  const asking = async (email: string) => {
    await db('password_requests').delete()
    const queries: string[] = []
    const listen = ({ sql }: { sql: string }) => { queries.push(sql) }
    db.on('query', listen)
    const { status, location, body } = await as(null).post('/sign-in/forgotten', { email })
    db.off('query', listen)
    await until(async () => (await db('password_requests')).length === 0, 'the request is answered')
    return { status, location, body, queries: queries.filter(sql => /insert into "?(sign_in_failures|password_requests)/.test(sql)) }
  }
  const known = await asking(sofia.email)
  t.ok(known.queries.length > 0)
  for (const email of ['nobody@clientela.example', marek.email, nuno.email]) t.same(await asking(email), known, email)
  t.same((await db('mails')).map(mail => mail.recipient), [sofia.email], 'one letter: nobody else can sign in by one')
})

t.test('asking again and again has to wait, for each address and each place; signing in has not', async t => {
  const { as, sofia } = await cast(t)
  const answers = await Promise.all(Array.from({ length: 8 }, () => as(null).post('/sign-in/forgotten', { email: sofia.email })))
  const late = answers.filter(({ status }) => status === 429)
  t.ok(late.length >= 3, `${late.length} have to wait`)
  t.match(late[0]!.error('email'), /Wait/)
  t.match(late[0]!.body, `value="${sofia.email}"`)
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD })).status, 303)
  const many = await Promise.all(Array.from({ length: 30 }, (_, n) => as(null).post('/sign-in/forgotten', { email: `nobody${n}@clientela.example` })))
  t.ok(many.some(({ status }) => status === 429))
  for (const email of ['', 'sofia', 'a@b']) t.equal((await as(null).post('/sign-in/forgotten', { email })).status, 422, email)
})

t.test('a link that ran out, was cut off, or belongs to another address or nobody opens nothing and says why', async t => {
  const { as, db, anna, sofia } = await cast(t)
  const make = async () => `/sign-in/password/${(await makeLink(db, sofia.id, 'password', sofia.email)).token}`
  const isClosed = async (path: string, why: string) => {
    const page = await as(null).get(path)
    t.equal(page.status, 404, why)
    t.ok(says(page.body, `sign_in.link_${why}`), why)
    t.equal((await as(null).post(path, { password: NEW })).status, 404)
  }
  const [late, cut] = [await make(), await make()]
  await db('account_links').update({ expires_at: db.raw("now() - interval '1 second'") })
  await isClosed(late, 'expired')
  await isClosed(cut.slice(0, -1), 'unknown')
  for (const path of ['/sign-in/password/x', '/sign-in/password/%00']) await isClosed(path, 'unknown')
  const link = await make()
  t.equal((await as(sofia).post('/account/password', { current_password: PASSWORD, password: NEW })).status, 303)
  await isClosed(link, 'used')
  const before = await make()
  const { name, roleId } = sofia
  t.equal((await as(anna).post(`/settings/employees/${sofia.id}`, { name, email: 'sofia@new.example', role: roleId, language: 'en' })).status, 303)
  await isClosed(before, 'used')
  t.match(await db('mails').orderBy('id', 'desc').first(), { kind: 'email_changed', recipient: sofia.email })
  const last = `/sign-in/password/${(await makeLink(db, sofia.id, 'password', 'sofia@new.example')).token}`
  await db('employees').where({ id: sofia.id }).update({ deactivated_at: db.fn.now() })
  await isClosed(last, 'unknown')
})

t.test('no link goes through a server of somebody with fewer rights', async t => {
  const desk = await cast(t)
  const { as, app, anna, db, olga, sofia } = desk
  const server = await smtpServer(t)
  await useServer(as(anna), server.port)
  for (const person of [olga, sofia]) await ask(desk, person.email)
  await app.outbox.wake()
  const raw = (to: string) => server.mails.filter(mail => mail.to[0] === to).map(mail => mail.raw).join('')
  t.match(raw(sofia.email), 'https://desk.naprawa.example/sign-in/password/')
  t.match(raw(olga.email), 'create-owner')
  t.notMatch(raw(olga.email), '/sign-in/password/')
  t.equal((await db('account_links')).length, 1)
  await useServer(as(olga), server.port)
  await ask(desk, olga.email)
  await app.outbox.wake()
  t.match(raw(olga.email), '/sign-in/password/', 'an owner has saved it')
})

t.test('what a process was asked before it was stopped, the next one answers', async t => {
  const { db, url, sofia } = await cast(t)
  await db('password_requests').insert([{ email: sofia.email }, { email: sofia.email, at: db.raw("now() - interval '2 hours'") }])
  await secondApp(t, { db, url })
  await until(async () => (await db('password_requests')).length === 0, 'the requests are answered')
  t.equal((await db('mails')).length, 1, 'but not the one from long ago')
})
