import t from 'tap'
import { runJob } from '../../src/imports/running/job.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { checkedImport, press } from '../support/imports.js'
import { runJobs } from '../support/jobs.js'

const desk = await cast(t)

const ROWS = 80
const BATCH = 10

/** An import that has begun. */
async function ready (firstName: string, begin: number): Promise<number> {
  const { anna, db } = desk
  const id = await checkedImport(db, anna.id, firstName, begin, ROWS)
  await db('imports').where({ id }).update({ state: 'running', run_by: anna.id })
  return id
}

function run (id: number): Promise<void> {
  return runJob(desk.app, desk.url, { batch: BATCH })({ id }, { signal: new AbortController().signal, log: desk.app.log, attempt: 1, isLast: true })
}

/** How many clients, entries that say they were made, numbers and tags there are of a name: each row exactly once. */
async function counted (firstName: string): Promise<number[]> {
  const { rows: [row] } = await desk.db.raw(`
    with made as (select id from clients where first_name = :firstName)
    select (select count(*) from made) as clients, (select count(*) from events where kind = 'client.created' and client_id in (select id from made)) as told,
      (select count(*) from client_phones where client_id in (select id from made)) as phones, (select count(*) from client_tags where client_id in (select id from made)) as tags,
      (select count(distinct client_id) from client_words where client_id in (select id from made)) as found`, { firstName })
  return Object.values(row)
}

const one = (id: number) => desk.db('imports').where({ id }).first()

t.test('batches are written side by side, and a row that the database refuses is left out by itself', async t => {
  const { db } = desk
  const id = await ready('Bok', 720_100_000)
  await db('import_rows').where({ import_id: id, row: 38 }).update({ discount_services: 500 })
  await run(id)
  t.match(await one(id), { state: 'done', problem: null, counts: { created: ROWS - 1, error: 1 } })
  t.match(await db('import_rows').where({ import_id: id, verdict: 'error' }), [{ row: 38, why: [{ key: 'imports.wrong.refused' }] }])
  t.same(await counted('Bok'), Array(5).fill(ROWS - 1))
})

t.test('what is written is always the rows up to a place, whenever it ends', async t => {
  const { db } = desk
  const id = await ready('Kres', 720_200_000)
  // As if it were killed: nothing of a batch stays whose end isn't written.
  await db.raw(`
    create function cut_off() returns trigger language plpgsql as $$
    begin
      if new.row > 40 then perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'clientela' and pid <> pg_backend_pid() and xact_start is not null; end if;
      return new;
    end $$`)
  await db.raw('create trigger cut_off after update on imports for each row execute function cut_off()')
  await run(id).catch(() => {})
  await db.raw('drop function cut_off() cascade')
  const { row, state } = await one(id)
  const written = await db('clients').where({ first_name: 'Kres' }).orderBy('id').pluck('surname')
  t.same(written.sort(), Array.from({ length: row }, (_, n) => `Nr${n + 1}`).sort(), `up to row ${row}`)
  if (state !== 'running') await db('imports').where({ id }).update({ state: 'running' })
  await run(id)
  t.match(await one(id), { state: 'done', counts: { created: ROWS, error: 0 } })
  t.same(await counted('Kres'), Array(5).fill(ROWS))
})

t.test('two processes that have the same import write it once', async t => {
  const id = await ready('Razem', 720_300_000)
  await Promise.all([run(id), run(id)])
  t.match(await one(id), { state: 'done', counts: { created: ROWS, error: 0 } })
  t.same(await counted('Razem'), Array(5).fill(ROWS))
})

t.test('whoever loses to others again and again goes on all the same', async t => {
  const { db } = desk
  const id = await ready('Znowu', 720_900_000)
  await db.raw(`
    create sequence losses;
    create function lose() returns trigger language plpgsql as $$
    begin
      if new.row > old.row and nextval('losses') <= 5 then raise exception using errcode = 'deadlock_detected'; end if;
      return new;
    end $$;
    create trigger lose before update on imports for each row execute function lose()`)
  await run(id)
  await db.raw('drop function lose() cascade; drop sequence losses')
  t.match(await one(id), { state: 'done', counts: { created: ROWS, error: 0 } })
  t.same(await counted('Znowu'), Array(5).fill(ROWS))
})

t.test('of two imports that are run at once the second sees whom the first made', async t => {
  const { anna, as, app, db } = desk
  const ids = [await checkedImport(db, anna.id, 'Erste', 720_400_000, 3), await checkedImport(db, anna.id, 'Zweite', 720_400_002, 3)]
  await Promise.all(ids.map(id => as(anna).post(`/imports/${id}/run`)))
  await Promise.all([runJobs(app), runJobs(app)])
  t.match((await Promise.all(ids.map(one))).map(({ state }) => state), ['done', 'done'])
  t.same(await db('client_phones').whereBetween('e164', ['+48720400001', '+48720400005']).orderBy('e164').pluck('e164'), [1, 2, 3, 4, 5].map(n => `+4872040000${n}`), 'one number, one client')
})

t.test('who loses the right meanwhile writes nothing more, and whom somebody made meanwhile is not made twice', async t => {
  const { anna, db } = desk
  const id = await ready('Prawo', 720_500_000)
  await db.raw(`
    create function take_right() returns trigger language plpgsql as $$
    begin
      if new.row > 30 then update roles set rights = array_remove(rights, 'clients.import') where id = ${Number(anna.roleId)}; end if;
      return new;
    end $$`)
  await db.raw('create trigger take_right after update on imports for each row execute function take_right()')
  await run(id)
  await db.raw('drop function take_right() cascade')
  const stopped = await one(id)
  t.match(stopped, { state: 'stopped', problem: { key: 'imports.problem.rights' } })
  t.ok(stopped.row < 70, `stopped at row ${stopped.row}`)
  t.equal((await counted('Prawo'))[0], stopped.counts.created)
  await db('roles').where({ id: anna.roleId }).update({ rights: db.raw("array_append(rights, 'clients.import')") })
  await addClient(db, anna, { first_name: 'Inna', phones: [`+48 ${720_500_000 + ROWS}`] })
  const finished = await press(desk, anna, id, 'run')
  t.match([finished.state, finished.counts.created, finished.counts.updated], ['done', ROWS - 1, 1])
})
