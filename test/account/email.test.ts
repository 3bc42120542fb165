import t from 'tap'
import { cast, PASSWORD } from '../support/cast.js'
import { says } from '../support/words.js'

const linkIn = (text: string) => /(\/confirm-email\/[\w-]{43})/.exec(text)![1]!

t.test('an e-mail changes once the new address has confirmed it, and the old one is told', async t => {
  const { as, db, sofia } = await cast(t)
  const asked = await as(sofia).post('/account/email', { new_email: 'Sofia@new.example', email_password: PASSWORD })
  t.same([asked.status, asked.location], [303, '/account'])
  const mail = await db('mails').first()
  t.match(mail, { kind: 'email_confirm', recipient: 'Sofia@new.example' })
  t.ok(says((await as(sofia).get('/account')).body, 'account.email_cancel'))
  const link = linkIn(mail.body_text)
  t.match((await as(null).get(link)).body, 'Sofia@new.example')
  t.match(await db('employees').where({ id: sofia.id }).first(), { email: sofia.email }, 'looking changes nothing')
  t.equal((await as(null).post(link)).location, '/sign-in')
  t.match(await db('employees').where({ id: sofia.id }).first(), { email: 'Sofia@new.example' })
  t.match(await db('mails').orderBy('id', 'desc').first(), { kind: 'email_changed', recipient: sofia.email })
  t.match(await db('audit_entries').where({ kind: 'safety.email' }).first(), { employee_id: sofia.id })
  t.equal((await as(null).post(link)).status, 404, 'once')
  t.equal((await as(null).post('/sign-in', { email: 'sofia@NEW.example', password: PASSWORD })).status, 303)
})

t.test('it asks for the password, and refuses what can\'t be', async t => {
  const { as, db, marek, sofia } = await cast(t)
  const ask = (new_email: string, email_password = PASSWORD) => as(sofia).post('/account/email', { new_email, email_password })
  const wrong = await ask('sofia@new.example', 'not this one')
  t.equal(wrong.status, 422)
  t.match(wrong.error('email_password'), /isn't the password/)
  t.match(wrong.body, 'value="sofia@new.example"')
  for (const [email, words] of [['', /Fill/], ['sofia@', /e-mail/], [sofia.email.toUpperCase(), /already/], [marek.email, /Another employee/]] as const) t.match((await ask(email)).error('new_email'), words, email)
  t.same(await db('mails'), [])
  t.equal((await as(null).post('/account/email', { new_email: 'a@b.example', email_password: PASSWORD })).status, 401)
})

t.test('it can be taken back, replaced, and overtaken by another who has the address by then', async t => {
  const { as, db, nuno, sofia } = await cast(t)
  const ask = async (new_email: string) => {
    await as(sofia).post('/account/email', { new_email, email_password: PASSWORD })
    return linkIn((await db('mails').orderBy('id', 'desc').first()).body_text)
  }
  const first = await ask('one@new.example')
  const second = await ask('two@new.example')
  t.equal((await as(null).get(first)).status, 404, 'a new one replaces it')
  t.equal((await as(sofia).post('/account/email/cancel')).status, 303)
  t.equal((await as(null).post(second)).status, 404)
  const third = await ask('three@new.example')
  await db('employees').where({ id: nuno.id }).update({ email: 'three@new.example' })
  const taken = await as(null).post(third)
  t.equal(taken.status, 422)
  t.ok(says(taken.body, 'employees.email_taken'))
  t.match(await db('employees').where({ id: sofia.id }).first(), { email: sofia.email })
})
