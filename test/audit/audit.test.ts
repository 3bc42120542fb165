import t from 'tap'
import type { AuditEntry } from '../../src/audit/entry.js'
import { changesBetween, recordAudit } from '../../src/audit/record.js'
import type { Db } from '../../src/database/knex.js'
import { cast } from '../support/cast.js'

type Row = Pick<AuditEntry, 'kind' | 'subject_name' | 'changes'> & { employee_id: number | null }

const log = async (db: Db): Promise<Row[]> => db('audit_entries').orderBy('id').select('kind', 'employee_id', 'subject_name', db.raw("details -> 'changes' as changes"))

t.test('changes are what differs', async t => {
  t.same(changesBetween({}, { name: 'Zofia', email: '', locations: [] }), [{ field: 'name', old: null, new: 'Zofia' }], 'nothing stays nothing')
  t.same(changesBetween({ locations: ['B', 'A'], name: 'Zofia' }, { locations: ['A', 'B'], name: 'Zofia' }), [], 'a list has no order')
  t.same(changesBetween({ locations: ['A'], two_steps: false }, { locations: null, two_steps: true }), [{ field: 'locations', old: ['A'], new: null }, { field: 'two_steps', old: false, new: true }])
})

t.test('every change of settings, roles and employees is in the log, beside the change', async t => {
  const { as, anna, db, marek, sofia } = await cast(t)
  await db('locations').insert({ name: 'Centrum' })
  const before = (await db('roles').where({ id: marek.roleId }).first('rights')).rights as string[]

  await as(anna).post('/settings/general', { company: 'Naprawa', country: 'PL', currency: 'EUR', time_zone: 'Europe/Warsaw', language: 'en' })
  await as(anna).post('/settings/general', { company: 'Naprawa', country: 'PL', currency: 'EUR', time_zone: 'Europe/Warsaw', language: 'en' })
  await as(anna).post('/settings/clients', { phone_uniqueness: 'refuse', email_uniqueness: 'warn' })
  await as(anna).post('/settings/roles', { name: 'Recepcja', copy: '' })
  const role = (await db('roles').where({ name: 'Recepcja' }).first('id')).id
  await as(anna).post(`/settings/roles/${role}`, { name: 'Lada' })
  await as(anna).post('/settings/roles/rights', { [`was.${marek.roleId}`]: before.join(' '), [`rights.${marek.roleId}`]: [...before.filter(right => right !== 'clients.export'), 'clients.import'] })
  await as(anna).post(`/settings/roles/${role}/delete`)
  await as(anna).post(`/settings/employees/${sofia.id}`, { name: sofia.name, email: sofia.email, role: marek.roleId, locations: '1', language: 'es' })
  await as(anna).post(`/settings/employees/${sofia.id}/invitation`)
  await as(anna).post(`/settings/employees/${sofia.id}/deactivate`)
  await as(anna).post(`/settings/employees/${sofia.id}/deactivate`)
  await as(anna).post(`/settings/employees/${sofia.id}/activate`)

  const entries = await log(db)
  t.same(entries.map(entry => [entry.kind, entry.subject_name]), [
    ['settings.general', null], ['settings.uniqueness', null], ['roles.created', 'Recepcja'], ['roles.renamed', 'Recepcja'], ['roles.rights', 'manager'], ['roles.deleted', 'Lada'],
    ['employees.changed', sofia.name], ['employees.link', sofia.name], ['employees.deactivated', sofia.name], ['employees.activated', sofia.name]
  ], 'and what was saved as it stood is no entry')
  t.ok(entries.every(entry => entry.employee_id === anna.id))
  const changes = (kind: string) => entries.find(entry => entry.kind === kind)!.changes
  t.same(changes('settings.general'), [{ field: 'company', old: 'Naprawa & Co', new: 'Naprawa' }, { field: 'currency', old: 'PLN', new: 'EUR' }])
  t.same(changes('settings.uniqueness'), [{ field: 'phone_uniqueness', old: 'warn', new: 'refuse' }])
  t.same(changes('roles.rights'), [{ field: 'rights', old: [...before].sort(), new: [...before.filter(right => right !== 'clients.export'), 'clients.import'].sort() }])
  t.same(changes('employees.changed').map(change => [change.field, change.old, change.new]), [['role', 'specialist', 'manager'], ['locations', null, ['Centrum']], ['language', 'en', 'es']])

  const page = (await as(anna).get('/settings/audit')).body
  for (const words of ['General settings changed', 'Naprawa &amp; Co', 'Can import', 'Centrum', '<b>Manager</b>', 'Specialist', 'Español']) t.match(page, words)
  t.match(page, /<del><b aria-hidden="true">−<\/b><span class="vh">taken away:<\/span> Can export<\/del>/)
})

t.test('a refused change leaves no entry', async t => {
  const { as, anna, db, olga, sofia } = await cast(t)
  await as(anna).post('/settings/general', { company: '', country: 'PL' })
  await as(anna).post(`/settings/employees/${olga.id}/deactivate`)
  await as(anna).post(`/settings/employees/${sofia.id}`, { name: sofia.name, email: anna.email, role: sofia.roleId, language: 'en' })
  t.same(await log(db), [])
})

t.test('an entry is never changed, nor deleted', async t => {
  const { db, anna } = await cast(t)
  await recordAudit(db, anna, 'settings.general')
  await t.rejects(db('audit_entries').update({ kind: 'settings.uniqueness' }), /only ever added to/)
  await t.rejects(db('audit_entries').delete(), /only ever added to/)
})

t.test('what people do for the safety of their own account is in the log too', async t => {
  const { as, db, sofia } = await cast(t)
  await as(sofia).post('/account/password', { current_password: 'wrong', password: 'a brand new one' })
  await as(sofia).post('/account/password', { current_password: 'correct horse battery', password: 'a brand new one' })
  await as(sofia).post('/account/sessions/end')
  t.same((await log(db)).map(entry => [entry.kind, entry.employee_id]), [['safety.password', sofia.id], ['safety.sessions_ended', sofia.id]])
  t.notMatch(JSON.stringify(await db('audit_entries')), /brand new|horse/)
})

t.test('the log is narrowed by person, kind and period, and paged by key', async t => {
  const { as, anna, db, olga, sofia } = await cast(t)
  await db.raw(`
    insert into audit_entries (at, employee_id, kind, subject_name)
    select timestamptz '2026-03-01 12:00+01' + n * interval '1 hour', case when n % 2 = 0 then :anna::bigint else :olga end, case when n % 4 = 0 then 'roles.renamed' else 'settings.general' end, 'entry ' || n || '.'
    from generate_series(1, 120) n`, { anna: anna.id, olga: olga.id })
  const shown = async (query: string) => [...(await as(anna).get(`/settings/audit?${query}`)).body.matchAll(/entry (\d+)\./g)].map(match => Number(match[1]))
  const range = (from: number, to: number, step = 1) => Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, n) => from - n * step)

  t.same(await shown(''), range(120, 71))
  const { body } = await as(anna).get('/settings/audit')
  const next = /after=\d+/.exec(body)![0]
  t.same(await shown(next), range(70, 21))
  const second = (await as(anna).get(`/settings/audit?${next}`)).body
  t.same(await shown(/before=\d+/.exec(second)![0]), range(120, 71), 'and back')
  t.same(await shown(`by=${anna.id}`), range(120, 22, 2))
  t.same(await shown('group=roles'), range(120, 4, 4))
  t.same(await shown(`group=roles&by=${olga.id}`), [])
  t.same(await shown('from=2026-03-02&to=2026-03-02'), range(35, 12), 'days are those of the company')
  t.same(await shown('by=x&group=nothing&from=2026-13-01&after=0'), range(120, 71), 'what makes no sense is left out')

  const fragment = await as(anna).get('/settings/audit', { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.equal((await as(sofia).get('/settings/audit')).status, 403)
  t.equal((await as(null).get('/settings/audit')).status, 303)

  await db.raw('analyze audit_entries')
  await db.raw("insert into audit_entries (at, employee_id, kind) select now() - n * interval '1 minute', 1 + n % 5, (array['roles.renamed', 'settings.general', 'safety.password'])[1 + n % 3] from generate_series(1, 20000) n")
  await db.raw('analyze audit_entries')
  for (const [query, where] of [['', ''], [`employee_id = ${sofia.id}`, 'audit_entries_employee'], ["split_part(kind, '.', 1) = 'roles'", 'audit_entries_group'], ["at < now() - interval '5 days'", 'audit_entries_at']]) {
    const { rows } = await db.raw(`explain select * from audit_entries ${query && `where ${query}`} order by at desc, id desc limit 51`)
    t.match(rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n'), where || 'audit_entries_at', query || 'all')
  }
})

t.test('a day that is none is said beside its field', async t => {
  const { as, anna } = await cast(t)
  const page = await as(anna).get('/settings/audit?from=2026-02-31&to=2026-03-01')
  t.equal(page.status, 200)
  t.match(page.error('from'), /isn.t a date/)
  t.notOk(page.error('to'))
})
