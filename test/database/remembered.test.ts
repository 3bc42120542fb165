import t from 'tap'
import { columnsWith } from '../../src/clients/list/columns.js'
import { readCells } from '../../src/clients/list/cells.js'
import type { Db } from '../../src/database/knex.js'
import { forgetNoted, NOTED, noting, recalledWhole, remembered, rememberedWhole } from '../../src/database/remembered.js'
import { listOwnFields } from '../../src/form-editor/shape.js'
import { columnsWith as leadColumnsWith } from '../../src/leads/list/columns.js'
import { readRows } from '../../src/leads/list/queries.js'
import type { Viewer } from '../../src/web/viewer.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { addLead } from '../support/leads.js'

function gate () {
  let open = () => {}
  const opened = new Promise<void>(resolve => { open = resolve })
  return { open, opened }
}

const asOf = async (db: Db): Promise<string> => (await db.raw('select pg_current_snapshot()::text as as_of')).rows[0].as_of

t.test('rows are read once, and again when what they show was changed', async t => {
  const { app: { db }, anna, marek } = await cast(t)
  const [tag] = await db('tags').insert({ name: 'Stały' }).returning('id'), [shop] = await db('campaigns').insert({ name: 'Szyld' }).returning('id'), [place] = await db('locations').insert({ name: 'Centrum' }).returning('id')
  const { device } = await addFields(db, { device: { kind: 'short_text' } }), { wants } = await addFields(db, { wants: { kind: 'short_text', on: 'lead' } }, 'lead')
  const { id: type } = await db('lead_types').first('id')
  const [a, b] = [await addClient(db, anna, { surname: 'Nowak', phones: ['600 100 200'], emails: ['a@example.com'] }), await addClient(db, anna, { surname: 'Zając' })]
  const [linked, bare] = [(await addLead(db, { client_id: a })).id, (await addLead(db, { contact_name: 'Zenon', phones: ['600 300 400'] })).id]
  let reads: number[] = []
  const clients = async (at?: string) => {
    reads = []
    await remembered(db, at ?? await asOf(db), 'client', '', [b, a], async ids => { reads.push(...ids); return ids.map(id => ({ id, client: id })) })
    return reads
  }
  const leads = async () => {
    reads = []
    await remembered(db, await asOf(db), 'lead', '', [linked, bare], async ids => { reads.push(...ids); return ids.map(id => ({ id, client: id === linked ? a : null })) })
    return reads
  }
  t.same([await clients(), await clients(), await leads(), await leads()], [[b, a], [], [linked, bare], []])
  t.same(await remembered(db, await asOf(db), 'client', '', [a, b], async () => []), [{ id: a, client: a }, { id: b, client: b }], 'in the order in which they are asked for')
  t.same(await remembered(db, await asOf(db), 'client', 'other columns', [a], async ids => ids.map(id => ({ id, client: id, more: true }))), [{ id: a, client: a, more: true }], 'what shows something else is another')

  await db('sessions').update({ seen_at: db.fn.now() })
  t.same([await clients(), await leads()], [[], []], 'a change of something else is none of theirs')

  const both = [b, a], all = [linked, bare]
  for (const [what, change, ofClients, ofLeads] of [
    ['a client', () => db('clients').where({ id: a }).update({ note: 'Calls back' }), [a], [linked]],
    ['a new phone', () => db('client_phones').insert({ client_id: b, position: 1, type_id: db('phone_types').min('id'), typed: '1', display: '1', digits: '1' }), [b], []],
    ['a phone', () => db('client_phones').where({ client_id: a }).update({ display: '+48 600' }), [a], [linked]],
    ['a phone given to another', () => db('client_phones').where({ client_id: a }).update({ client_id: b }), both, [linked]],
    ['a phone that goes', () => db('client_phones').where({ client_id: b }).delete(), [b], []],
    ['an e-mail', () => db('client_emails').where({ client_id: a }).update({ position: 7 }), [a], [linked]],
    ['a tag', () => db('client_tags').insert({ client_id: b, tag_id: tag.id }), [b], []],
    ['the tag\'s name', () => db('tags').update({ name: 'Nowy' }), both, all],
    ['the tag\'s place among tags', () => db('tags').update({ position: 3 }), [], []],
    ['a tag that goes', () => db('tags').delete(), [b], []],
    ['an own value', () => db('client_values').insert({ client_id: a, field_id: device.id, text_value: 'x' }), [a], [linked]],
    ['a lead', () => db('leads').where({ id: bare }).update({ urgent: true }), [], [bare]],
    ['a lead\'s phone', () => db('lead_phones').where({ lead_id: bare }).update({ display: '2' }), [], [bare]],
    ['its own value', () => db('lead_values').insert({ lead_id: bare, field_id: wants.id, text_value: 'x' }), [], [bare]],
    ['a link', () => db('leads').where({ id: bare }).update({ client_id: b }), [], [bare]],
    ['the name of where they heard of us', () => db('campaigns').where(shop).update({ name: 'Radio' }), both, all],
    ['of a location', () => db('locations').where(place).update({ name: 'Rynek' }), both, all],
    ['of somebody who works here', () => db('employees').where({ id: marek.id }).update({ name: 'Marek Zima' }), both, all],
    ['their sign-in', () => db('employees').where({ id: marek.id }).update({ password_hash: '' }), [], []],
    ['of a type', () => db('lead_types').where({ id: type }).update({ labels: { en: 'Repair' } }), both, all]
  ] as const) {
    const { rowCount = 1 } = (await change()) as unknown as { rowCount?: number }
    t.ok(rowCount)
    t.same([(await clients()).toSorted(), (await leads()).toSorted()], [ofClients.toSorted(), ofLeads.toSorted()], what)
  }

  await forgetNoted(db)
  t.same([await clients(), await leads()], [both, all], 'whatever was noted is cleared away, and nobody misses it')
  await forgetNoted(db)
  t.same([await clients(), await leads()], [[], []])
  t.equal((await db('shown_changes')).length, 1)
})

t.test('nothing is given that is older than its reader', async t => {
  const { app: { db }, anna } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak' })
  const name = (from: Db = db) => from('clients').where({ id }).first('surname').then(row => ({ id, client: id, name: row.surname as string }))
  const ask = async (from: Db = db, read = name) => (await remembered(from, await asOf(db), 'client', '', [id], async () => [await read(from)]))[0]!.name
  t.equal(await ask(), 'Nowak')

  await db.transaction(async trx => {
    await trx('clients').where({ id }).update({ surname: 'Zając' })
    t.equal(await ask(trx), 'Zając', 'a transaction reads what it has written')
    t.equal(await ask(), 'Nowak', 'others what was')
  })
  t.equal(await ask(), 'Zając', 'until it is there')
  t.equal((await remembered(db, undefined, 'client', '', [id], async () => [{ id, client: id, name: 'Anew' }]))[0]!.name, 'Anew', 'anew by whoever may have changed something')
  t.equal(await ask(), 'Zając', 'which nobody remembers')

  // A transaction that began long ago and ends now is newer than all that ended meanwhile.
  const early = await db.transaction()
  await early('clients').where({ id }).update({ note: 'first of all' })
  await db('tags').insert({ name: 'Stały' })
  t.equal(await ask(), 'Zając')
  await early('clients').where({ id }).update({ surname: 'Ziętek' })
  await early.commit()
  t.equal(await ask(), 'Ziętek')

  // While a row is being read it is changed, and somebody else finds that out: what was read is for its reader alone.
  await db('clients').where({ id }).update({ surname: 'Old' })
  const [isRead, goesOn] = [gate(), gate()]
  const slow = ask(db, async from => {
    const row = await name(from)
    isRead.open()
    await goesOn.opened
    return row
  })
  await isRead.opened
  await db('clients').where({ id }).update({ surname: 'New' })
  t.equal(await ask(), 'New')
  goesOn.open()
  t.equal(await slow, 'Old', 'it began before')
  t.equal(await ask(), 'New')
})

t.test('more changes than can be told apart are a change of all', async t => {
  const { app: { db }, anna } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak' })
  let reads = 0
  const ask = async () => { await remembered(db, await asOf(db), 'client', '', [id], async ids => { reads++; return ids.map(id => ({ id, client: id })) }); return reads }
  t.same([await ask(), await ask()], [1, 1])
  await db.raw("insert into shown_changes (subject, id) select 'client', 1000000 + n from generate_series(1, 400) n")
  t.equal(await ask(), 1, 'others are told apart')
  await db.raw("insert into shown_changes (subject, id) select 'client', 1000000 + n from generate_series(1, 501) n")
  t.equal(await ask(), 2)
  await db.raw("insert into clients (kind, surname) select 'person', 'Kot ' || n from generate_series(1, 600) n")
  t.equal(await ask(), 2, 'new ones were in no list before')
  const noted = async () => (await db('shown_changes').where({ subject: 'client' }).whereRaw('id < 1000000').count({ count: '*' }).first())!.count
  const before = await noted()
  await db('clients').update({ note: 'x' })
  t.equal(await ask(), 3, 'all at once')
  t.equal(await noted(), before, 'are not noted one by one')
})

t.test('whatever a column reads is noted when it changes', async t => {
  const { app: { db }, anna } = await cast(t)
  await addFields(db, { device: { kind: 'one_choice', choices: ['Phone'] } })
  await addFields(db, { wants: { kind: 'short_text', on: 'lead' } }, 'lead')
  const client = await addClient(db, anna, { surname: 'Nowak', tags: ['VIP'] }), { id: lead } = await addLead(db, { client_id: client })
  const asked: { sql: string, bindings: unknown[] }[] = []
  db.on('query', query => { if (query.sql.includes('with ordinality')) asked.push(query) })
  await readCells(db, columnsWith(await listOwnFields(db, 'client')), [client])
  await readRows(db, { can: () => true } as unknown as Viewer, [lead], leadColumnsWith(await listOwnFields(db, 'lead')))
  const read = new Set<string>()
  for (const { sql, bindings } of asked.splice(0)) {
    const { rows } = await db.raw(`explain (format json) ${sql.replace(/\$\d+/g, '?')}`, bindings as string[])
    for (const [, table] of JSON.stringify(rows).matchAll(/"Relation Name":"(\w+)"/g)) read.add(table!)
  }
  t.ok(read.size >= 12, [...read].join())
  const noted = (await db('pg_trigger').where({ tgname: 'shown_after_update' }).select(db.raw('tgrelid::regclass::text as name'))).map(({ name }) => name as string)
  t.same([...read].filter(table => !noted.includes(table)), [], 'each table has its trigger: see migrations/0047_note_shown_changes.ts')
})

t.test('what isn\'t rows is read again when it was changed, or its time is over', async t => {
  const { app: { db }, anna } = await cast(t)
  let reads = 0
  const views = async () => rememberedWhole(db, await asOf(db), 'some views', async () => ++reads, { of: 'views' })
  const guess = async (lasts: number) => rememberedWhole(db, await asOf(db), `a guess for ${lasts}`, async () => ++reads, { lasts })
  t.same([await views(), await views()], [1, 1])
  await db('sessions').update({ seen_at: db.fn.now() })
  t.equal(await views(), 1, 'a change of something else is none of theirs')
  const [{ id }] = await db('list_views').insert({ list: 'clients', owner_id: anna.id, changed_by: anna.id, name: 'Mine', query: 'show=people', position: 1 }).returning('id')
  t.same([await views(), await views()], [2, 2])
  await db('list_views').where({ id }).update({ name: 'Ours' })
  t.equal(await views(), 3)
  await db('list_defaults').insert({ list: 'clients', employee_id: anna.id, view_id: id })
  t.equal(await views(), 4)
  await db('employees').where({ id: anna.id }).update({ name: 'Anna Nowak' })
  t.equal(await views(), 5, 'whose they are')
  await db('list_views').delete()
  t.equal(await views(), 6)
  t.same([await guess(60_000), await guess(60_000), recalledWhole(db, 'a guess for 60000'), recalledWhole(db, 'another')], [7, 7, 7, undefined])
  t.same([await guess(0), await guess(0)], [8, 9])
  await db('list_views').insert({ list: 'clients', owner_id: anna.id, changed_by: anna.id, name: 'Mine', query: 'show=people', position: 1 })
  t.equal(await guess(60_000), 7, 'a guess hangs on nothing')
  await db('tags').insert({ name: 'Stały' }).then(() => db('tags').update({ name: 'Nowy' }))
  t.same([await views(), await guess(60_000)], [10, 11], 'but on whether anything may have changed, as soon as anybody knows')
})

t.test('what is changed while it is read isn\'t kept', async t => {
  const { app: { db }, anna } = await cast(t)
  const { open, opened } = gate(), begin = gate()
  const reading = rememberedWhole(db, await asOf(db), 'slow views', async () => { begin.open(); await opened; return 'before' }, { of: 'views' })
  await begin.opened
  await db('list_views').insert({ list: 'clients', owner_id: anna.id, changed_by: anna.id, name: 'Mine', query: 'show=people', position: 1 })
  t.equal(await rememberedWhole(db, await asOf(db), 'slow views', async () => 'after', { of: 'views' }), 'after')
  open()
  t.equal(await reading, 'before')
  t.equal(await rememberedWhole(db, await asOf(db), 'slow views', async () => 'later', { of: 'views' }), 'after')
})

t.test('whoever reads something first brings what was noted, and nobody asks again', async t => {
  const { app: { db }, anna } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak' })
  let reads = 0
  const read = async (at: string) => (await remembered(db, at, 'client', '', [id], async ids => ids.map(id => ({ id, client: id, read: ++reads }))))[0]!.read
  const begin = async () => {
    const { since, heed } = noting(db)
    const { rows: [{ as_of: at, noted }] } = await db.raw(`select pg_current_snapshot()::text as as_of, ${NOTED} as noted`, [since])
    heed(at, noted)
    return at as string
  }
  t.equal(await read(await begin()), 1)
  const asked: string[] = []
  db.on('query', ({ sql }) => { asked.push(sql) })
  await db('clients').where({ id }).update({ note: 'Calls back' })
  const [first, second] = [await begin(), (await db('sessions').update({ seen_at: db.fn.now() }), await begin())]
  asked.length = 0
  t.same([await read(second), await read(first), await read(second)], [2, 2, 2])
  t.same(asked, [], 'also who began earlier')
  const unheeded = await asOf(db).then(async () => { await db('clients').where({ id }).update({ note: 'Called' }); return asOf(db) })
  t.equal(await read(unheeded), 3, 'and who brings nothing finds out')
})
