import t from 'tap'
import { lookAtBatch } from '../../src/clients/duplicates/look.js'
import { enqueue } from '../../src/jobs/enqueue.js'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'

const { app, db, as, anna, sofia, nuno } = await cast(t)

const look = async () => { while (await lookAtBatch(db, 2)); }
const list = async (person: Person, query = '') => (await as(person).get(`/clients/duplicates${query}`)).body
/** The groups on the page, each as the ids of its clients. */
const groups = (body: string) => [...body.matchAll(/<form class="card twins"[^]*?<\/form>/g)].map(([form]) => [...form.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => Number(id)))
const ticked = (body: string) => groups(body.replace(/<input[^>]* name="id" value="\d+">/g, ''))
const pair = (a: number, b: number) => db('duplicate_pairs').where({ a_id: Math.min(a, b), b_id: Math.max(a, b) }).first()

t.test('clients with a number, an address or a name in common are found, surest first', async t => {
  const jan = await addClient(db, anna, { first_name: 'Jan', surname: 'Kowalski', phones: ['600 100 200'], address: 'ul. Świdnicka 5/2, Wrocław' })
  const kowalski = await addClient(db, anna, { first_name: 'Kowalski', surname: 'Ján', emails: ['Jan@Poczta.example'], address: 'SWIDNICKA 5/2 Wroclaw' })
  const wife = await addClient(db, anna, { first_name: 'Ewa', surname: 'Zielińska', phones: ['+48600100200'] })
  const mail = await addClient(db, anna, { first_name: 'J.', surname: 'Kowalski', emails: ['jan@poczta.example'] })
  const firm = await addClient(db, anna, { company_name: 'Rowery Nowak Sp. z o.o.' })
  const same = await addClient(db, anna, { company_name: 'Nowak - Rowery' })
  const stranger = await addClient(db, anna, { first_name: 'Jan', surname: 'Kowalski', address: 'Wrocław' })
  await enqueue(db, 'duplicates.look', {})
  await runJobs(app)

  const body = await list(anna)
  t.same(groups(body), [[jan, kowalski, wife, mail], [firm, same]])
  t.same(ticked(body), [[jan, kowalski, mail], [firm, same]], 'who is like one of them only isn’t merged by a hurried press')
  t.equal((await pair(jan, stranger)), undefined, 'a name alone says nothing')
  t.match((await pair(jan, kowalski)), { reasons: ['address'] })
  t.match((await pair(jan, wife)), { reasons: ['phone'] })
  t.ok((await pair(jan, wife)).score < (await pair(kowalski, mail)).score)
  t.match(body, /600 100 200/)
  t.same(groups(await list(anna, '?reason=company')), [[firm, same]])
  t.same(groups(await list(anna, '?least=certain&reason=company')), [])
  t.same(groups(await list(anna, `?client=${same}`)), [[firm, same]])
  t.match((await as(anna).get(`/clients/${jan}`)).body, /3 possible duplicates/)
  t.notMatch((await as(sofia).get(`/clients/${jan}`)).body, /possible duplicate/, 'a hint for who can do something about it')
  t.equal((await as(sofia).get('/clients/duplicates')).status, 403)
  t.equal((await as(nuno).post('/clients/duplicates/dismiss')).status, 403)

  // Somebody who sees neither numbers nor suppliers.
  await db('clients').where({ id: same }).update({ is_supplier: true })
  const [role] = await db('roles').insert({ name: 'Merger', rights: ['clients.view', 'clients.merge'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: role.id })
  const masked = await list(nuno)
  t.same(groups(masked), [[jan, kowalski, wife, mail]])
  t.notMatch(masked, /600 100 200|jan@poczta/i)

  // What is merged is none of them any more; the rest is looked at anew.
  await as(anna).post('/clients/merge', formOf((await as(anna).get(`/clients/merge?id=${jan}&id=${kowalski}&id=${mail}`)).body, '/clients/merge'))
  await look()
  t.equal(groups(await list(anna))[0]!.length, 2)
})

t.test('"not duplicates" is remembered until what they have in common, or a name, changes', async t => {
  const one = await addClient(db, anna, { surname: 'Ojciec', phones: ['601 700 700'] })
  const two = await addClient(db, anna, { surname: 'Syn', phones: ['601 700 700'] })
  await look()
  const isFound = async () => groups(await list(anna)).some(group => group.includes(one) && group.includes(two))
  t.ok(await isFound())
  t.equal((await as(anna).post('/clients/duplicates/dismiss', { id: [one] })).status, 303)
  t.ok(await isFound(), 'one alone is no duplicate of itself')
  await as(anna).post('/clients/duplicates/dismiss', { id: [one, two] })
  t.notOk(await isFound())
  await as(anna).post(`/clients/${one}/phones`, { number: '602 700 700', type: 1 })
  await db('duplicate_changes').insert([{ client_id: one }, { client_id: two }])
  await look()
  t.notOk(await isFound(), 'a new look changes nothing')
  const said = await as(anna).get('/clients/duplicates/dismissed')
  t.match(said.body, new RegExp(`action="/clients/duplicates/${Math.min(one, two)},${Math.max(one, two)}/restore"`), 'what was said stands in a list, and is taken back there')
  t.match(await list(anna), /href="\/clients\/duplicates\/dismissed"/)
  t.notMatch((await as(anna).get('/clients/duplicates/dismissed?at=2001-01-01 10:00:00%2B00&a=1&b=2')).body, /restore"/)
  t.equal((await as(anna).get('/clients/duplicates/dismissed?at=2026-99-99&a=x')).status, 200)
  await as(anna).post(`/clients/duplicates/${one},${two}/restore`)
  t.ok(await isFound())
  await as(anna).post('/clients/duplicates/dismiss', { id: [one, two] })
  await db('clients').where({ id: two }).update({ surname: 'Ojciec' })
  await look()
  t.ok(await isFound(), 'called the same now')
  await as(anna).post(`/clients/${two}/archive`)
  await look()
  t.notOk(await isFound(), 'who is archived is out of it')
})

t.test('a number that everybody has says nothing, and a big group is shown as far as it goes', async t => {
  for (let n = 0; n < 33; n++) await addClient(db, anna, { surname: `Centrala ${n}`, phones: ['603 111 111'], ...(n < 3 && { emails: ['biuro@centrala.example'] }) })
  await look()
  const body = await list(anna, '?reason=email')
  t.ok(groups(body).some(group => group.length === 3))
  t.equal((await db('duplicate_pairs').whereRaw("reasons @> array['phone']").whereIn('a_id', db('clients').where('surname', 'like', 'Centrala%').select('id'))).length, 0)
})

t.test('more of them than one step takes, as behind an import, are all looked at', async t => {
  const client = await addClient(db, anna, { surname: 'Tysiąc', emails: ['tysiac@poczta.example'] })
  const twin = await addClient(db, anna, { surname: 'Tysiac', emails: ['tysiac@poczta.example'] })
  await look()
  await db('duplicate_pairs').where({ a_id: client, b_id: twin }).del()
  await db.raw('insert into duplicate_changes (client_id) select c.id from generate_series(1, 40), (select id from clients where id < ? order by id limit 60) c', [client])
  await db('duplicate_changes').insert({ client_id: client })
  t.ok(Number((await db('duplicate_changes').count('* as count'))[0]!.count) > 1000)
  await enqueue(db, 'duplicates.look', {})
  await runJobs(app)
  t.same(await db('duplicate_changes'), [])
  t.match(await pair(client, twin), { reasons: ['email'] })
})

t.test('while an import writes clients they wait', async t => {
  const [{ id }] = await db('imports').insert({ employee_id: anna.id, file_name: 'a.csv', size: 1, inspected: '{}', header_key: '', state: 'running' }).returning('id')
  t.teardown(() => db('imports').where({ id }).del())
  const client = await addClient(db, anna, { surname: 'Czekaj', phones: ['604 900 900'] })
  const waits = () => db('duplicate_changes').where({ client_id: client })
  await enqueue(db, 'duplicates.look', {})
  await runJobs(app)
  t.ok((await waits()).length > 0)
  await db('imports').where({ id }).update({ state: 'done' })
  await enqueue(db, 'duplicates.look', {})
  await runJobs(app)
  t.same(await waits(), [])
})
