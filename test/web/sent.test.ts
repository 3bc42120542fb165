import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/database/knex.js'
import { ADAPTERS } from '../../src/messages/gateways/adapters.js'
import { inRoot } from '../../src/paths.js'
import { isSecret } from '../../src/web/sent.js'
import { secondApp } from '../support/app.js'
import { cast, PASSWORD, type Answer } from '../support/cast.js'
import { listen } from '../support/desk.js'
import { upload } from '../support/upload.js'
import { says } from '../support/words.js'

// What a page without JavaScript keeps of a form that met an error, and for whom its forms were made.

const jan = { kind: 'person', first_name: 'Jan "Janek" <Nowak>', note: 'zażółć\ngęślą', 'tags': ['VIP', 'Rower'] }

/** The form of a page that goes to a path, as its button would send it. */
function formIn ({ body }: Answer, path: string): Record<string, string[]> | null {
  const form = body.split('<form').find(part => part.includes(` action="${path}"`))?.split('</form>')[0]
  const fields: Record<string, string[]> = Object.create(null)
  const plain = (text: string) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&')
  for (const [, name, value] of form?.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g) ?? []) (fields[plain(name!)] ??= []).push(plain(value!))
  return form ? fields : null
}

const ELSEWHERE = { headers: { 'sec-fetch-site': 'cross-site' } }

function isNotOffered (t: Test, { status, body }: Answer, expected = 403): void {
  t.equal(status, expected)
  t.notOk(says(body, 'errors.kept'))
  t.notMatch(body, /Janek|xxxx/)
}

t.test('a form that met an error has all of it in the page, and is sent again from there', async t => {
  const { as, anna, db } = await cast(t)
  await db.raw('alter table clients rename to clients_gone')
  const lost = await as(anna).post('/clients', jan)
  t.equal(lost.status, 500)
  t.ok(says(lost.body, 'errors.kept'))
  const form = formIn(lost, '/clients')!
  t.same(form, { kind: ['person'], first_name: [jan.first_name], note: [jan.note], tags: jan.tags })
  await db.raw('alter table clients_gone rename to clients')
  t.equal((await as(anna).post('/clients', form)).status, 303)
  t.match(await db('clients').first(), { name: jan.first_name })
})

t.test('also where the database is away, with files and without', async t => {
  const { url, as, anna } = await cast(t)
  const away = openDatabase(url)
  const app = await secondApp(t, { db: away, url })
  t.equal((await as(anna, app).get('/clients')).status, 200) // what it looks for as it starts has been found
  await away.destroy()
  const form = await as(anna, app).post('/clients', { ...jan, page_viewer: String(anna.id) })
  t.equal(form.status, 503)
  t.same(formIn(form, '/clients'), { kind: ['person'], first_name: [jan.first_name], note: [jan.note], tags: jan.tags, page_viewer: [String(anna.id)] }, 'and goes on saying whose it is')
  const comment = await upload(app, as(anna, app), '/clients/1/files', { body: 'Called twice' }, [{ name: 'offer.txt', content: 'Offer' }])
  t.equal(comment.status, 503)
  t.same(formIn(comment, '/clients/1/files'), { body: ['Called twice'], had_files: ['1'] })
  const signIn = await as(null, app).post('/sign-in', { email: 'anna@clientela.example', password: PASSWORD })
  t.equal(signIn.status, 503)
  t.same(formIn(signIn, '/sign-in'), { email: ['anna@clientela.example'] })
  t.notMatch(signIn.body, PASSWORD)
  t.match(signIn.body, /<input[^>]* name="password" type="password"[^>]* required/, 'the password is typed again')
  t.notOk(says((await as(anna, app).post('/sign-out', { page_viewer: anna.id })).body, 'errors.kept'), 'a button alone is no form')
  isNotOffered(t, await as(anna, app).post('/clients', jan, ELSEWHERE))
})

t.test('secrets are typed again, whatever a form calls them, and own fields are none', async t => {
  const { as, olga, anna } = await cast(t)
  const named = readdirSync(inRoot('views'), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.eta')).flatMap(file =>
    [...readFileSync(join(inRoot('views'), file), 'utf8').matchAll(/name: ['`]([\w${}]+)['`],(?: id: [^,]*,)? type: 'password'/g)].map(([, name]) => name!.replace(/\$\{.*\}/, 'asterisk')))
  const ofGateways = Object.values(ADAPTERS).flatMap(({ fields }) => fields.filter(({ kind }) => kind === 'secret').map(({ name }) => name))
  t.ok(named.length > 10 && ofGateways.length > 3)
  t.same([...named, ...ofGateways, 'pem'].filter(name => !isSecret(name)), [])
  t.same(['own.device_password', 'token', 'key', 'make_secret', 'form_kind', 'first_name'].filter(isSecret), [])
  const typed = { name: 'Desk', auth_token: 'hush-hush', hook_password: '', 'own.device_password': '1234', page_viewer: olga.id }
  const refused = await as(anna).post('/settings/gateways', typed)
  t.same(formIn(refused, '/settings/gateways'), { name: ['Desk'], hook_password: [''], 'own.device_password': ['1234'], page_viewer: [String(olga.id)] })
  t.match(refused.body, /<input[^>]* name="auth_token" type="password"[^>]* required/)
  t.match(refused.body, /<label[^>]*>Auth token/, 'called as in its form')
  t.notMatch(refused.body, 'hush-hush')
  const second = await as(anna).post('/account/two-steps/off', { code: 'abcd-efgh', current_password: PASSWORD, version: '3', page_viewer: olga.id })
  t.match(second.body, /<input[^>]* name="code" type="password"[^>]* required/)
  t.notMatch(second.body, 'abcd-efgh')
  const asked = await as(null).post('/settings/gateways', typed)
  t.notMatch(asked.body, 'hush-hush')
  const resume = await as(null).post('/sign-in', { email: olga.email, password: PASSWORD, to: '/settings/gateways', kept: formIn(asked, '/sign-in')!.kept![0] })
  t.match(resume.body, /<input[^>]* name="auth_token" type="password"[^>]* required/)
  t.same(formIn(resume, '/settings/gateways')!.name, ['Desk'])
})

t.test('what was written for a client that is gone is given back', async t => {
  const { as, anna } = await cast(t)
  const gone = await as(anna).post('/clients/424242', { note: 'Prefers <mornings>', page_viewer: anna.id })
  t.equal(gone.status, 404)
  t.match(gone.body, /<textarea[^>]* readonly>Prefers &lt;mornings&gt;</)
})

t.test('while one looks as another role, it waits for the looking to end', async t => {
  const { as, olga, sofia } = await cast(t)
  await as(olga).post(`/settings/roles/${sofia.roleId}/view`)
  const refused = await as(olga).post('/clients', { ...jan, page_viewer: olga.id })
  t.equal(refused.status, 403)
  t.match(refused.body, new RegExp('data-as-sent>[^]*<button class="btn primary">'), 'and can be pressed')
  await as(olga).post('/view-as/stop')
  t.equal((await as(olga).post('/clients', formIn(refused, '/clients')!)).status, 303)
})

t.test('also where a right is missing', async t => {
  const { as, nuno, db } = await cast(t)
  const refused = await as(nuno).post('/clients', { ...jan, constructor: 'C', toString: ['T', 'U'] })
  t.equal(refused.status, 403)
  t.match(formIn(refused, '/clients'), { first_name: [jan.first_name], constructor: ['C'], toString: ['T', 'U'] })
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['clients.view', 'clients.create'] })
  t.equal((await as(nuno).post('/clients', formIn(refused, '/clients')!)).status, 303)
})

t.test('nothing that another site sent is offered, nor what can\'t be taken, nor a page\'s address', async t => {
  const { as, anna, nuno, db } = await cast(t)
  isNotOffered(t, await as(anna).post('/clients', jan, ELSEWHERE))
  isNotOffered(t, await as(nuno).post('/clients', jan, ELSEWHERE))
  isNotOffered(t, await as(anna).post('/clients', { note: 'x'.repeat(1024 * 1024 + 1) }), 413)
  isNotOffered(t, await as(nuno).post('/clients', { note: 'x'.repeat(1024 * 1024 + 1) }))
  isNotOffered(t, await as(anna).post('/nothing', jan), 404)
  isNotOffered(t, await as(nuno).get('/clients?first_name=Jan'))
  t.equal((await db('clients')).length, 0)
})

t.test('a body that is too long for that is answered all the same, over a real connection', async t => {
  const { app, as, nuno } = await cast(t, { isOpen: true })
  const address = await listen(app)
  const headers = { cookie: as(nuno).cookie, origin: address, 'content-type': 'application/x-www-form-urlencoded' }
  const body = `note=${'x'.repeat(8 * 1024 * 1024)}`
  t.equal((await fetch(`${address}/clients`, { method: 'POST', headers, body })).status, 403)
  const stream = new Blob([body]).stream() // one that doesn't say how long it is
  t.equal((await fetch(`${address}/clients`, { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit)).status, 403)
})

t.test('every form says for whom it was made, by its first field', async t => {
  const { as, anna } = await cast(t)
  for (const path of ['/clients/new', '/account', '/settings/general', '/leads/new']) {
    const { body } = await as(anna).get(path)
    const forms = body.split('<form').slice(1).filter(form => /^[^>]* method="post"/.test(form))
    t.ok(forms.length > 0, path)
    for (const form of forms) t.match(form, new RegExp(`^[^>]*><input type="hidden" name="page_viewer" value="${anna.id}">`))
  }
  t.notMatch((await as(null).get('/sign-in')).body, 'page_viewer')
})

t.test('a form that was made for somebody else isn\'t saved as that of who is signed in by now', async t => {
  const { app, as, anna, nuno, olga, db } = await cast(t)
  const olgas = { ...jan, page_viewer: String(olga.id) }
  const refused = await as(anna).post('/clients', olgas)
  t.equal(refused.status, 409)
  t.ok(says(refused.body, 'errors.others_form.text', { name: anna.name }))
  const form = formIn(refused, '/clients')!
  t.same(form.page_viewer, [String(olga.id)])
  t.equal((await as(anna).post('/clients', form)).status, 409, 'however often')
  t.equal((await db('clients')).length, 0)
  t.equal((await as(olga).post('/clients', form)).status, 303, 'but once it is them again')
  const { id } = await db('clients').first('id')
  t.match(await db('events').where({ client_id: id }).orderBy('id').first('employee_id'), { employee_id: olga.id })

  for (const whose of [[String(anna.id), String(olga.id)], '', 'x', `0${anna.id}`]) t.equal((await as(anna).post('/clients', { ...jan, page_viewer: whose })).status, 409, String(whose))
  const forbidden = await as(nuno).post('/clients', olgas)
  t.ok(says(forbidden.body, 'errors.others_form.text', { name: nuno.name }), 'rather than what they may not')
  t.same(formIn(forbidden, '/clients'), form)
  t.ok(says((await as(nuno).post(`/clients/${id}/archive`, { page_viewer: olga.id })).body, 'errors.others_form.text', { name: nuno.name }), 'also of a button alone')
  const comment = await upload(app, as(anna), `/clients/${id}/files`, { page_viewer: String(olga.id), body: 'Called twice' }, [{ name: 'offer.txt', content: 'Offer' }])
  t.equal(comment.status, 409)
  t.same(formIn(comment, `/clients/${id}/files`), { page_viewer: [String(olga.id)], body: ['Called twice'], had_files: ['1'] })
  t.equal((await db('files')).length, 0)
  t.equal((await upload(app, as(olga), `/clients/${id}/files`, { page_viewer: String(olga.id), body: 'Called twice' }, [])).status, 303)
  t.equal((await as(anna).post('/sign-out', { page_viewer: olga.id })).location, '/sign-in', 'nothing of theirs is saved by signing out')
})

t.test('so it is when it waited for somebody to sign in', async t => {
  const { as, anna, olga, db } = await cast(t)
  const asked = await as(null).post('/clients', { ...jan, page_viewer: String(olga.id) })
  t.equal(asked.status, 401)
  const { kept } = formIn(asked, '/sign-in')!
  const resume = await as(null).post('/sign-in', { email: anna.email, password: PASSWORD, to: '/clients', kept: kept![0] })
  const waiting = formIn(resume, '/clients')!
  t.same([waiting.first_name, waiting.page_viewer], [[jan.first_name], [String(olga.id)]])
  t.ok(says(resume.body, 'sign_in.resume_others'))
  t.equal((await as(anna).post('/clients', waiting)).status, 409)
  t.equal((await as(olga).post('/clients', waiting)).status, 303)
  t.equal((await db('clients')).length, 1)
})
