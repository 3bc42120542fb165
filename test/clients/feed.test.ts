import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, addClients } from '../support/clients.js'
import { says, words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna, as } = made
  const id = await addClient(db, anna, { first_name: 'Zofia' })
  const path = `/clients/${id}`
  const comment = async (who: typeof anna, body: string) => {
    await as(who).post(`${path}/comments`, { body })
    return (await db('events').where({ kind: 'comment' }).orderBy('id', 'desc').first('id')).id as number
  }
  const entries = (body: string) => [...body.matchAll(/id="event-(\d+)"/g)].map(([, id]) => Number(id))
  return { ...made, id, path, comment, entries }
}

const TOKEN = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'

t.test('a comment is written in place, and the page asks for what is new by itself', async t => {
  const { as, sofia, path, db, id } = await shop(t)
  const answer = await as(sofia).post(`${path}/comments`, { body: ' Dzwoniła <b>dwa</b> razy\r\nOddzwonić ', token: TOKEN }, { fragment: true })
  t.equal(answer.status, 200)
  t.equal(answer.headers['hx-trigger'], 'commented')
  t.match(answer.body, /<textarea name="body"[^>]*><\/textarea>/, 'an empty form for the next')
  t.notMatch(answer.body, TOKEN, 'with a token of its own')
  t.match(await db('events').where({ kind: 'comment' }), [{ client_id: id, employee_id: sofia.id, body: 'Dzwoniła <b>dwa</b> razy\nOddzwonić' }])
  t.match((await as(sofia).get(path)).body, /Dzwoniła &lt;b&gt;dwa&lt;\/b&gt; razy/)
  const page = await as(sofia).post(`${path}/comments`, { body: 'second' })
  t.same([page.status, page.location], [303, path])
})

t.test('sent twice it is one', async t => {
  const { as, sofia, anna, path, db } = await shop(t)
  await Promise.all([1, 2, 3].map(() => as(sofia).post(`${path}/comments`, { body: 'once', token: TOKEN })))
  await as(sofia).post(`${path}/comments`, { body: 'once', token: TOKEN }, { fragment: true })
  t.equal((await db('events').where({ kind: 'comment' })).length, 1)
  await as(anna).post(`${path}/comments`, { body: 'hers', token: TOKEN })
  t.equal((await db('events').where({ kind: 'comment' })).length, 2)
})

t.test('an empty or impossible one is refused, and what was typed stays', async t => {
  const { as, sofia, path, comment, db } = await shop(t)
  const event = await comment(sofia, 'before')
  for (const at of [`${path}/comments`, `${path}/feed/${event}`]) {
    for (const [body, key] of [['', 'feed.comment_empty'], [' \n ', 'feed.comment_empty'], ['ż'.repeat(10_001), 'form.too_long'], ['typed\u0000', 'form.control_characters']] as const) {
      for (const fragment of [true, false]) {
        const answer = await as(sofia).post(at, { body }, { fragment })
        t.equal(answer.status, 422)
        t.ok(says(answer.body, key, { length: 10_001, max: 10_000 }), key)
        if (body.startsWith('ż')) t.match(answer.body, 'ż'.repeat(10_001))
      }
    }
  }
  t.match(await db('events').where({ kind: 'comment' }), [{ body: 'before' }])
})

t.test('one\'s own is changed, deleted and brought back', async t => {
  const { as, sofia, path, comment, db } = await shop(t)
  const event = await comment(sofia, 'Frist')
  const at = `${path}/feed/${event}`
  t.match((await as(sofia).get(at, { fragment: true })).body, new RegExp(`href="${at}/edit"`))
  const form = await as(sofia).get(`${at}/edit`, { fragment: true })
  t.match(form.body, />Frist<\/textarea>/)
  t.match((await as(sofia).get(`${at}/edit`)).body, /<html[^]*>Frist<\/textarea>/)
  const changed = await as(sofia).post(at, { body: 'First' }, { fragment: true })
  t.match(changed.body, /First/)
  t.ok(says(changed.body, 'feed.edited'))
  t.equal((await as(sofia).post(at, { body: 'First!' })).location, path)

  const gone = await as(sofia).post(`${at}/delete`, {}, { fragment: true })
  t.ok(says(gone.body, 'feed.deleted'))
  t.notMatch(gone.body, /First/)
  t.match(gone.body, new RegExp(`action="${at}/restore"`))
  for (const again of [`${at}/delete`, at]) t.equal((await as(sofia).post(again, { body: 'x' })).status, 404, again)
  t.equal((await as(sofia).get(`${at}/edit`)).status, 404, 'what was deleted isn\'t shown again')
  t.match((await as(sofia).post(`${at}/restore`, {}, { fragment: true })).body, /First!/)
  t.equal((await as(sofia).post(`${at}/restore`)).status, 404)
  const page = await as(sofia).post(`${at}/delete`)
  t.equal(page.status, 303)
  t.match(await db('events').where({ id: event }).first(), { body: 'First!' }, 'it stays in the database')
})

t.test('another\'s is theirs', async t => {
  const { as, sofia, anna, olga, path, comment, db } = await shop(t)
  const event = await comment(sofia, 'hers')
  const at = `${path}/feed/${event}`
  for (const who of [anna, olga]) {
    t.notMatch((await as(who).get(at, { fragment: true })).body, /\/edit"|\/delete"/)
    t.equal((await as(who).get(`${at}/edit`)).status, 403)
    for (const act of ['', '/delete']) t.equal((await as(who).post(at + act, { body: 'mine now' })).status, 403, act)
  }
  await as(sofia).post(`${at}/delete`)
  const seen = (await as(anna).get(at, { fragment: true })).body
  t.ok(says(seen, 'feed.deleted'))
  t.notMatch(seen, /hers|\/restore"/)
  t.equal((await as(anna).post(`${at}/restore`)).status, 403)
  t.match(await db('events').where({ id: event }).first(), { body: 'hers', edited_at: null })
})

t.test('what happened can\'t be changed or deleted, and belongs to its client', async t => {
  const { as, anna, path, comment, db } = await shop(t)
  const created = (await db('events').first('id')).id
  for (const act of ['', '/delete', '/restore']) t.equal((await as(anna).post(`${path}/feed/${created}${act}`, { body: 'x' })).status, 404, act)
  t.equal((await as(anna).get(`${path}/feed/${created}/edit`)).status, 404)
  const event = await comment(anna, 'hers')
  const other = await addClient(db, anna, { first_name: 'Inna' })
  t.equal((await as(anna).get(`/clients/${other}/feed/${event}`)).status, 404)
  t.equal((await as(anna).post(`/clients/${other}/feed/${event}/delete`)).status, 404)
})

t.test('it is narrowed by kind, and nonsense narrows nothing', async t => {
  const { as, anna, path, comment, entries } = await shop(t)
  const event = await comment(anna, 'a word')
  await as(anna).post(`${path}/phones`, { phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1, 'phones.0.sms': 'on' })
  const feed = async (query: string) => entries((await as(anna).get(`${path}/feed?${query}`, { fragment: true })).body)
  t.equal((await feed('feed=all')).length, 4)
  t.same(await feed('feed=comments'), [event])
  t.equal((await feed('feed=changes')).length, 2)
  t.equal((await feed('feed=consent')).length, 1)
  for (const nonsense of ['x', 'toString', 'constructor', '__proto__', '', 'all&feed=comments', '%00']) {
    t.equal((await feed(`feed=${nonsense}`)).length, 4, nonsense)
    t.equal((await as(anna).get(`${path}?feed=${nonsense}`)).status, 200, nonsense)
  }
  for (const odd of ['older=abc', 'older=-1', 'after=x', 'after=-5', 'older=1&older=2', 'after=99999999999999999999']) t.equal((await as(anna).get(`${path}/feed?${odd}`, { fragment: true })).status, 200, odd)
  t.match((await as(anna).get(`${path}?feed=comments`)).body, /aria-current="true"[^>]*>Comments/)
  t.match((await as(anna).get(`${path}/feed?feed=comments`)).body, /<html/)
})

t.test('older entries follow by key, newest first, each once', async t => {
  const { as, anna, path, id, db, entries } = await shop(t)
  await db('events').insert(Array.from({ length: 50 }, (_, n) => ({ client_id: id, kind: 'comment', employee_id: anna.id, body: `No. ${n}` })))
  const seen: number[] = []
  let body = (await as(anna).get(path)).body
  for (let pages = 0; ; pages++) {
    seen.push(...entries(body))
    const older = /href="([^"]*older=\d+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    if (!older) break
    t.ok(pages < 5)
    t.match((await as(anna).get(older)).body, /<html/, 'a page without JavaScript')
    body = (await as(anna).get(older, { fragment: true })).body
    t.notMatch(body, /<html|id="feed"/)
  }
  t.equal(seen.length, 51)
  t.same(seen, seen.toSorted((a, b) => b - a))
  t.equal(new Set(seen).size, 51)
})

t.test('newer entries come after the newest that is shown, and when there are too many, all anew', async t => {
  const { as, anna, path, id, db, comment, entries } = await shop(t)
  const newest = (await db('events').first('id')).id
  const after = async (id: number) => (await as(anna).get(`${path}/feed?feed=all&after=${id}`, { fragment: true })).body
  t.same(entries(await after(newest)), [])
  const first = await comment(anna, 'one')
  const second = await comment(anna, 'two')
  const body = await after(newest)
  t.same(entries(body), [second, first])
  t.match(body, /hx-target="#events" hx-swap="afterbegin"/)
  t.match(body, new RegExp(`id="newest" name="after" value="${second}"`))
  t.same(entries(await after(second)), [])

  // A laptop that slept through a busy day.
  await db('events').insert(Array.from({ length: 30 }, (_, n) => ({ client_id: id, kind: 'comment', employee_id: anna.id, body: `No. ${n}` })))
  const many = await after(second)
  t.match(many, /hx-target="#feed"/)
  t.equal(entries(many).length, 20)
  t.match(many, /older=\d+/, 'the way to the rest')
})

t.test('entries are in the order in which they were kept, also when two write at once', async t => {
  const { as, anna, sofia, path, db, id } = await shop(t)
  // Anna's change holds the client; Sofia's comment has to wait, and to get the greater number.
  const trx = await db.transaction()
  await trx('clients').where({ id }).forUpdate()
  const comment = as(sofia).post(`${path}/comments`, { body: 'waits' })
  await new Promise(resolve => setTimeout(resolve, 200))
  await trx('events').insert({ client_id: id, kind: 'comment', employee_id: anna.id, body: 'first' })
  await trx.commit()
  t.equal((await comment).status, 303)
  t.same((await db('events').where({ kind: 'comment' }).orderBy('id').select('body')).map(({ body }) => body), ['first', 'waits'], 'or a page that has seen the greater would never ask for the smaller')
})

t.test('every kind of entry reads as a sentence', async t => {
  const { as, anna, db } = await shop(t)
  const { lukasz } = await addClients(db, anna)
  const at = `/clients/${lukasz}`
  const [campaign] = await db('campaigns').insert({ name: 'Wiosna' }).returning('id')
  const phone = (await db('client_phones').where({ client_id: lukasz }).first('id')).id
  const row = { phone_rows: 0, 'phones.0.id': phone, 'phones.0.number': '605 000 000', 'phones.0.type': 2 }
  await as(anna).post(`${at}/phones/${phone}`, row)
  await as(anna).post(`${at}/phones/${phone}/remove`)
  await as(anna).post(`${at}/phones/${phone}/restore`)
  await as(anna).post(`${at}/emails`, { email_rows: 0, 'emails.0.address': 'drugi@poczta.example' })
  await as(anna).post(`${at}/tags`, { tag: 'Stały klient' })
  await as(anna).post(`${at}/parts/discounts`, { discount_services: '15', discount_products: '0' })
  await as(anna).post(`${at}/parts/identity`, { kind: 'company', company_name: 'Łukasz Rowery' })
  await as(anna).post(`${at}/parts/campaign`, { campaign_id: campaign.id })
  await as(anna).post(`${at}/parts/supplier`, { is_supplier: 'on' })
  await as(anna).post(`${at}/archive`)
  await as(anna).post(`${at}/restore`)
  const body = (await as(anna).get(at)).body.replace(/\s+/g, ' ')
  for (const key of ['feed.created', 'feed.phone', 'feed.phone_removed', 'feed.phone_restored', 'feed.email_added', 'feed.tag_added', 'feed.fields.discount_services', 'feed.fields.kind', 'feed.supplier', 'feed.archived', 'feed.restored', 'feed.consent_withdrawn']) t.ok(says(body, key, { channel: 'WhatsApp' }), key)
  t.match(body, /<del class="num">\+48 600 123 456<\/del> → <ins class="num">\+48 605 000 000<\/ins>/)
  t.match(body, new RegExp(`<del>${words('clients.kinds.person')}</del> → <ins>${words('clients.kinds.company')}</ins>`))
  t.match(body, /<del>0\s?%<\/del> → <ins>15\s?%<\/ins>/)
  t.match(body, /→ <ins>Wiosna<\/ins>/)
  t.notMatch(body, /feed\.\w+|undefined|\[object|\{\{/)
})
