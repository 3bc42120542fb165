import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', emails: ['zofia@poczta.example'] })
  const emails = () => db('client_emails').whereNull('removed_at').orderBy('position')
  const row = (address: string, more: Record<string, unknown> = {}) => ({ email_rows: 0, 'emails.0.address': address, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`emails.0.${name}`, value])) })
  const events = async () => (await db('events').whereNot({ kind: 'client.created' }).orderBy('id').select('kind', 'details', 'employee_id'))
  return { ...made, id, path: `/clients/${id}/emails`, emails, row, events, first: (await emails())[0]!.id as number }
}

t.test('an e-mail is added in place, without consent', async t => {
  const { as, sofia, anna, path, emails, row, events } = await shop(t)
  const answer = await as(anna).post(path, row(' Zofia.Praca@Firma.example '), { fragment: true })
  t.equal(answer.status, 200)
  t.match(answer.body, /value="Zofia\.Praca@Firma\.example"/)
  t.match((await emails())[1], { address: 'Zofia.Praca@Firma.example', address_key: 'zofia.praca@firma.example', agrees: false })
  t.match(await events(), [{ kind: 'email.added', employee_id: anna.id, details: { email: { address: 'Zofia.Praca@Firma.example' } } }])
  t.match((await as(sofia).post(path, row('sofia@inna.example'))).body, /<html/)
})

t.test('it is changed, with old and new in the feed, and its consent kept', async t => {
  const { as, anna, path, first, emails, row, events, db } = await shop(t)
  await as(anna).post(`${path}/${first}`, row('zofia@correo.example', { id: first, agrees: 'on' }))
  t.match((await emails())[0], { address: 'zofia@correo.example', agrees: true })
  await as(anna).post(`${path}/${first}`, row('zofia@correo.example', { id: first }))
  t.match(await events(), [
    { kind: 'email.changed', details: { changes: [{ field: 'address', old: 'zofia@poczta.example', new: 'zofia@correo.example' }] } },
    { kind: 'consent.changed', details: { channel: 'email', given: true, address: 'zofia@correo.example' } },
    { kind: 'consent.changed', details: { channel: 'email', given: false } }
  ])
  t.match(await db('consents').orderBy('id'), [{ email_id: first, given: true, source: 'form' }, { email_id: first, given: false }])
  t.match((await as(anna).get(`/clients/${(await db('clients').first()).id}`)).body, words('consent.withdrawn', { when: '|', by: 'Anna Kowalska' }).split('|')[0])
})

t.test('what is no address is refused beside it, and stays', async t => {
  const { as, sofia, path, first, emails, row } = await shop(t)
  for (const [typed, key] of [
    ['zofia', 'form.email'], ['zofia@', 'form.email'], ['@poczta.example', 'form.email'], ['a b@c.example', 'form.email'], ['a@b', 'form.email'], ['a@b..example', 'form.email'], ['a@-b.example', 'form.email'], ['ż@poczta.example', 'form.email'],
    ['a@b.example, c@d.example', 'form.email'], ['<a@b.example>', 'form.email'], ['a@b.example\nbcc: c@d.example', 'form.email'], ['a'.repeat(10_000), 'form.too_long'], ['a\u0000@b.example', 'form.control_characters']
  ] as const) {
    for (const [at, more] of [[path, {}], [`${path}/${first}`, { id: first }]] as const) {
      const answer = await as(sofia).post(at, row(typed, more), { fragment: true })
      t.equal(answer.status, 422, typed.slice(0, 30))
      t.equal(answer.error('emails.0.address'), words(key, { length: 10_000, max: 254 }))
    }
  }
  t.match((await as(sofia).post(path, row('a@b"><script>', { agrees: 'on' }), { fragment: true })).body, /value="a@b&quot;&gt;&lt;script&gt;"[^]*name="emails\.0\.agrees" checked/)
  t.equal((await emails()).length, 1)
})

t.test('the same address twice on one client is noticed, whatever its case', async t => {
  const { as, anna, sofia, path, emails, row } = await shop(t)
  for (const who of [anna, sofia]) {
    const answer = await as(who).post(path, row('ZOFIA@poczta.example'), { fragment: true })
    t.equal(answer.status, 422)
    t.equal(answer.error('emails.0.address'), words('emails.twice'))
  }
  t.equal((await emails()).length, 1)
})

t.test('it is removed and comes back', async t => {
  const { as, sofia, path, first, emails, events } = await shop(t)
  const gone = await as(sofia).post(`${path}/${first}/remove`, {}, { fragment: true })
  t.match(gone.body, new RegExp(`action="${path}/${first}/restore"`))
  t.equal((await emails()).length, 0)
  t.equal((await as(sofia).post(`${path}/${first}/restore`, {}, { fragment: true })).headers['hx-redirect'], path.replace('/emails', ''))
  t.equal((await emails()).length, 1)
  t.same((await events()).map(({ kind }) => kind), ['email.removed', 'email.restored'])
  for (const act of ['/restore', '424242/remove', 'x/remove']) t.equal((await as(sofia).post(`${path}/${act.startsWith('/') ? first + act : act}`)).status, 404)
})
