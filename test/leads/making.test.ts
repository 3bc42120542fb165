import { randomUUID } from 'node:crypto'
import t from 'tap'
import { transaction } from '../../src/database/transaction.js'
import { createLead, type NewLead } from '../../src/leads/creating.js'
import { ChoiceGone } from '../../src/leads/queries.js'
import { cast } from '../support/cast.js'
import { until } from '../support/until.js'

const { db, as, anna, marek } = await cast(t)
const by = { id: anna.id, organisation: { timeZone: 'Europe/Warsaw' } }
const typeId: number = (await db('lead_types').where({ key: 'lead' }).first('id')).id
const NEW: NewLead = { type_id: typeId, contact_name: 'Piotr', phones: [], campaign_id: null, comment: '', due_at: null, urgent: false, location_id: null, manager_id: null }

const lastNumber = async (): Promise<number> => Number((await db('leads').orderBy('id', 'desc').first('number')).number.match(/\d+$/)[0])

t.test('of a form that is sent many times at once one lead is made, and no number is lost', async t => {
  await createLead(db, by, NEW)
  const before = await lastNumber()
  const token = randomUUID()
  const answers = await Promise.all(Array.from({ length: 12 }, () => as(anna).post('/leads', { type_id: typeId, contact_name: 'Twelve', token })))
  t.equal(new Set(answers.map(({ location }) => location)).size, 1)
  t.same(answers.map(({ status }) => status), answers.map(() => 303))
  t.same((await db('leads').where({ contact_name: 'Twelve' }).count({ count: '*' }).first())!.count, 1)
  const [again, other] = [await createLead(db, by, { ...NEW, contact_name: 'Twelve again' }, { token }), await createLead(db, by, NEW, { token: randomUUID() })]
  t.same([again.isNew, again.id], [false, Number(answers[0]!.location!.split('/').at(-1))])
  t.same([other.isNew, Number(other.number.slice(2))], [true, before + 2])
  const anothers = await createLead(db, { ...by, id: marek.id }, NEW, { token })
  t.same([anothers.isNew, Number(anothers.number.slice(2))], [true, before + 3], 'a token is one person’s')
})

t.test('with its jobs, phones and token it is there wholly or not at all', async t => {
  const count = async () => (await db.raw('select (select count(*) from leads) + (select count(*) from lead_phones) + (select count(*) from submissions) + (select count(*) from graphile_worker._private_jobs) as count')).rows[0].count
  const [number, rows, token] = [await lastNumber(), await count(), randomUUID()]
  await t.rejects(db.transaction(async trx => {
    await createLead(trx, by, { ...NEW, phones: [{ id: null, number: { typed: '600 100 200', e164: '+48600100200', display: '600 100 200', digits: '48600100200' } }] }, { token })
    throw new Error('changed my mind')
  }), /changed my mind/)
  t.equal(await count(), rows)
  for (const [gone, field] of [[{ type_id: 999_999 }, 'type_id'], [{ campaign_id: 999_999 }, 'campaign_id'], [{ location_id: 999_999 }, 'location_id'], [{ manager_id: 999_999 }, 'manager_id']] as const) {
    await t.rejects(createLead(db, by, { ...NEW, ...gone }, { token }), new ChoiceGone(field))
  }
  t.equal(await count(), rows)
  const made = await createLead(db, by, NEW, { token })
  t.same([made.isNew, Number(made.number.slice(2))], [true, number + 1], 'what failed has used neither the token nor a number')
  await t.rejects(createLead(db, by, { ...NEW, own: [{} as never] }), /in a transaction/)
})

t.test('it begins on the terms that hold in its moment, whoever has changed them', async t => {
  const late = async (id: number) => db('leads').where({ id }).first('number', 'status_id', db.raw('extract(epoch from status_late_at - status_since)::int / 60 as minutes'))
  const [{ id: location }] = await db('locations').insert({ name: 'Kraków', code: 'KR' }).returning('id')
  const [next] = await db('lead_statuses').insert({ labels: '{"en":"Fresh"}', group_key: 'new', limit_minutes: 30 }).returning('id')
  await createLead(db, by, NEW)
  await db('lead_settings').update({ number_template: 'N{location}/{counter:3}' })
  await db('lead_types').where({ id: typeId }).update({ first_status_id: next.id })
  const number = String(await lastNumber() + 1).padStart(3, '0')
  t.same(await late((await createLead(db, by, NEW)).id), { number: `N${number}`, status_id: next.id, minutes: 30 })
  t.match((await createLead(db, by, { ...NEW, location_id: location })).number, /^NKR\/\d+$/)
  await db('locations').where({ id: location }).update({ code: 'CR' })
  await db('lead_statuses').where({ id: next.id }).update({ limit_minutes: null })
  const other = await createLead(db, by, { ...NEW, location_id: location })
  t.match(await late(other.id), { number: /^NCR\/\d+$/, minutes: null })
  await db('lead_statuses').where({ id: next.id }).update({ limit_minutes: 60, limit_clock: 'working' })
  t.match(await late((await createLead(db, by, { ...NEW, location_id: location })).id), { minutes: 60 }, 'of a location whose hours nobody told')
  await db('location_hours').insert(Array.from({ length: 7 }, (_, n) => ({ location_id: location, weekday: n + 1, opens: 0, closes: 1 })))
  t.ok((await late((await createLead(db, by, { ...NEW, location_id: location })).id)).minutes > 50 * 24 * 60, 'a minute a day')
  t.match(await late((await createLead(db, by, NEW)).id), { minutes: 60 })
})

t.test('what was on offer for the lead before isn’t for the next, once it was taken away', async t => {
  const [{ id: campaign }] = await db('campaigns').insert({ name: 'Bikes' }).returning('id')
  const [{ id: location }] = await db('locations').insert({ name: 'Gdynia' }).returning('id')
  const [{ id: role }] = await db('roles').insert({ key: 'desk', name: 'Desk', rights: ['leads.view_own'] }).returning('id')
  const [{ id: manager }] = await db('employees').insert({ name: 'Ewa', email: 'ewa@example.com', password_hash: 'x', role_id: role, language: 'pl' }).returning('id')
  const all = { ...NEW, campaign_id: campaign, location_id: location, manager_id: manager }
  const changes: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['campaign_id', () => db('campaigns').where({ id: campaign }).update({ retired_at: new Date() }), () => db('campaigns').where({ id: campaign }).update({ retired_at: null })],
    ['location_id', () => db('locations').where({ id: location }).update({ retired_at: new Date() }), () => db('locations').where({ id: location }).update({ retired_at: null })],
    ['manager_id', () => db('employees').where({ id: manager }).update({ deactivated_at: new Date() }), () => db('employees').where({ id: manager }).update({ deactivated_at: null })],
    ['manager_id', () => db('employees').where({ id: manager }).update({ password_hash: null }), () => db('employees').where({ id: manager }).update({ password_hash: 'x' })],
    ['manager_id', () => db('roles').where({ id: role }).update({ rights: [] }), () => db('roles').where({ id: role }).update({ rights: ['leads.view_all'] })],
    ['manager_id', () => db('employees').where({ id: manager }).update({ role_id: db('roles').where({ key: 'bare' }).select('id') }), () => db('employees').where({ id: manager }).update({ role_id: role })],
    ['type_id', () => db('lead_types').where({ id: typeId }).update({ removed_at: new Date() }), () => db('lead_types').where({ id: typeId }).update({ removed_at: null })]
  ]
  await db('roles').insert({ key: 'bare', name: 'Bare', rights: [] })
  for (const [field, takeAway, giveBack] of changes) {
    for (let n = 0; n < 2; n++) await createLead(db, by, all)
    await takeAway()
    await t.rejects(createLead(db, by, all), new ChoiceGone(field as never), field)
    await giveBack()
  }
  t.ok((await createLead(db, by, all)).isNew)
})

t.test('who takes something away is waited for', async t => {
  const [{ id: campaign }] = await db('campaigns').insert({ name: 'Scooters' }).returning('id')
  await createLead(db, by, { ...NEW, campaign_id: campaign })
  let made: Promise<unknown> | undefined
  await db.transaction(async trx => {
    await trx('campaigns').where({ id: campaign }).update({ retired_at: new Date() })
    made = createLead(db, by, { ...NEW, campaign_id: campaign }).catch(error => error)
    await until(async () => (await db.raw("select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'advisory' and query like '%make_lead%') as waits")).rows[0].waits)
  })
  t.match(await made, new ChoiceGone('campaign_id'))
})

t.test('who takes something away just as a lead is made with it does so behind that lead', async t => {
  const [{ id: campaign }] = await db('campaigns').insert({ name: 'Trikes' }).returning('id')
  await db('campaigns').insert({ name: 'Another' })
  const [{ id: manager }] = await db('employees').insert({ name: 'Jan', email: 'jan@example.com', password_hash: 'x', role_id: anna.roleId, language: 'pl' }).returning('id')
  for (const [path, given] of [[`/settings/marketing/${campaign}/retire`, { campaign_id: campaign }], [`/settings/employees/${manager}/deactivate`, { manager_id: manager }]] as const) {
    let taken: ReturnType<ReturnType<typeof as>['post']> | undefined
    const made = transaction(db, async trx => {
      await trx.raw("select pg_advisory_xact_lock_shared(hashtextextended('lead terms', 0))")
      if (!taken) {
        taken = as(anna).post(path)
        await until(async () => (await db.raw("select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'advisory') as waits")).rows[0].waits)
      }
      return createLead(trx, by, { ...NEW, ...given })
    })
    const lead = await made.catch(error => error)
    t.ok(lead.isNew || lead instanceof ChoiceGone, `${path}: made before, or told that it is gone`)
    t.equal((await taken)?.status, 303, path)
  }
})

t.test('with the month its terms end, whatever their version', async t => {
  await createLead(db, by, NEW)
  const call = async (more: Record<string, unknown>) => {
    const given = Object.entries({ type: typeId, name: 'Piotr', comment: '', urgent: false, phones: '[]', digits: '', zone: 'Europe/Warsaw', sees: [], source: 'form', ...more })
    const all = ['token uuid', 'by bigint', 'terms jsonb', 'version uuid', 'period text', 'before text', 'width int', 'after text', 'since timestamptz', 'late timestamptz', 'campaign bigint', 'due timestamptz', 'location bigint', 'manager bigint', 'client bigint']
      .map(param => param.split(' ') as [string, string]).filter(([name]) => !given.some(([one]) => one === name))
    return (await db.raw(`select * from make_lead(${[...given.map(([name]) => `given_${name} => ?`), ...all.map(([name, type]) => `given_${name} => null::${type}`)].join()})`, given.map(([, value]) => value))).rows[0]
  }
  const { terms, terms_version: version, lead_id: none } = await call({})
  t.equal(none, null)
  t.ok(terms.until > Date.now() / 1000 && terms.until < Date.now() / 1000 + 32 * 86_400)
  const last = { ...terms, month: terms.month - 1, until: Math.floor(Date.now() / 1000) - 5 }
  t.match(await call({ terms: JSON.stringify(last), version }), { lead_id: null, terms, terms_version: version })
  t.match(await call({ terms: JSON.stringify(terms), version: randomUUID(), period: 'm', before: 'M-', width: 1, after: '' }), { lead_number: 'M-1', terms: null, terms_version: version, gone: null })
})

t.test('half of an emoji, which is no text, doesn’t keep a lead from being made', async t => {
  const { id } = await createLead(db, by, { ...NEW, comment: '🚲'.slice(0, 1) })
  t.match(await db('leads').where({ id }).first(), { comment: '\ufffd' })
})

t.test('a job that an entry leaves is as the queue itself leaves one', async t => {
  const jobs = () => db('graphile_worker._private_jobs as j').join('graphile_worker._private_tasks as k', 'k.id', 'j.task_id').where({ identifier: 'leads.notify' }).orderBy('j.id').select('j.*') as Promise<Record<string, any>[]>
  await db('graphile_worker._private_jobs').del()
  await db('graphile_worker._private_tasks').where({ identifier: 'leads.notify' }).del()
  await db('notification_rules').del()
  await createLead(db, by, NEW)
  t.same(await jobs(), [], 'nobody wants to be told')
  await db('notification_rules').insert({ notice: 'new', in_app: true })
  const made = [await createLead(db, by, NEW), await createLead(db, by, NEW)] // of a name that is new, and of one that is known
  await db.raw(`select graphile_worker.add_job('leads.notify', '{"events":[1]}')`)
  const left = await jobs()
  t.equal(left.length, 3)
  const shown = (job: Record<string, unknown>) => ({ ...job, id: 0, payload: 0, run_at: 0, created_at: 0, updated_at: 0 })
  t.same(left.map(shown), left.map(() => shown(left[2]!)))
  t.ok(left.every(job => job.run_at <= new Date() && job.is_available))
  const events = await db('events').where({ kind: 'lead.created' }).whereIn('lead_id', made.map(({ id }) => id)).orderBy('id').pluck('id')
  t.same(left.slice(0, 2).map(({ payload }) => payload), events.map(id => ({ events: [id] })))
})
