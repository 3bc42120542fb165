import t from 'tap'
import { cast } from '../support/cast.js'

const GETS = ['/settings/employees', '/settings/employees/new', '/settings/employees/1']
const POSTS = ['/settings/employees', '/settings/employees/1', '/settings/employees/1/invitation', '/settings/employees/1/deactivate', '/settings/employees/1/activate']

t.test('employees are for those who manage them', async t => {
  const { as, marek, nuno } = await cast(t)
  for (const path of GETS) {
    const stranger = await as(null).get(path)
    t.same([stranger.status, stranger.location], [303, `/sign-in?to=${encodeURIComponent(path)}`], `${path} sends a stranger to sign in`)
    t.equal((await as(marek).get(path)).status, 403, `${path} refuses a manager`)
    t.equal((await as(nuno).get(path)).status, 403, `${path} refuses somebody without rights`)
  }
  for (const path of POSTS) {
    t.equal((await as(null).post(path)).status, 401, `${path} asks a stranger to sign in`)
    t.equal((await as(marek).post(path)).status, 403, `${path} refuses a manager`)
  }
})

t.test('an employee who is not there is not found', async t => {
  const { as, anna } = await cast(t)
  for (const id of ['999999', '0', '-1', 'x', '1e3', '9'.repeat(30), '%00']) {
    t.equal((await as(anna).get(`/settings/employees/${id}`)).status, 404, `GET ${id}`)
    for (const act of ['', '/invitation', '/deactivate', '/activate']) t.equal((await as(anna).post(`/settings/employees/${id}${act}`)).status, 404, `POST ${id}${act}`)
  }
})

t.test('the list has everybody with role, locations and state', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const [place] = await db('locations').insert({ name: 'Rynek <7>' }).returning('id')
  await db('employee_locations').insert({ employee_id: sofia.id, location_id: place.id })
  const { role_id: roleId } = await db('employees').where({ id: sofia.id }).first('role_id')
  await db('employees').insert([
    { name: 'Ewa Zych', email: 'ewa@clientela.example', role_id: roleId, language: 'pl', password_hash: 'x', deactivated_at: db.fn.now() },
    { name: 'Ítalo Braga', email: 'italo@clientela.example', role_id: roleId, language: 'pt', invitation_hash: 'a', invitation_expires_at: db.raw("now() + interval '1 day'") },
    { name: 'Óscar Gil', email: 'oscar@clientela.example', role_id: roleId, language: 'es', invitation_hash: 'b', invitation_expires_at: db.raw("now() - interval '1 day'") }
  ])
  const { status, body } = await as(anna).get('/settings/employees')
  t.equal(status, 200)
  const names = [...body.matchAll(/class="name"[^>]*>([^<]+)</g)].map(match => match[1])
  t.same(names, ['Anna Kowalska', 'Ítalo Braga', 'Marek Nowak', 'Nuno Alves', 'Olga Wójcik', 'Óscar Gil', 'Sofia Ramos', 'Ewa Zych'], 'by name without accents, those who left last')
  for (const words of ['ewa@clientela.example', 'Specialist', 'Owner', 'Nothing', 'Rynek &lt;7&gt;', 'Active', 'Invited', 'Invitation expired', 'Deactivated']) t.match(body, words)
})
