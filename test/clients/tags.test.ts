import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', tags: ['VIP'] })
  const tags = async (of = id) => (await db('tags').join('client_tags', 'tag_id', 'tags.id').where({ client_id: of }).orderBy('name_key').select('name')).map(({ name }) => name)
  const events = async () => (await db('events').whereNot({ kind: 'client.created' }).orderBy('id').select('kind', 'details'))
  return { ...made, id, path: `/clients/${id}/tags`, tags, events }
}

t.test('a tag is added in place, made when it is new, and found whatever its case and accents', async t => {
  const { as, sofia, path, id, tags, events, db } = await shop(t)
  const answer = await as(sofia).post(path, { tag: '  #Łódź  i okolice ' }, { fragment: true })
  t.equal(answer.status, 200)
  t.notMatch(answer.body, /<html/)
  t.match(answer.body, /Łódź i okolice/)
  t.same(await tags(), ['Łódź i okolice', 'VIP'])
  t.match(await events(), [{ kind: 'tag.added', details: { tag: { name: 'Łódź i okolice' } } }])

  const other = await addClient(db, sofia, { first_name: 'Inna' })
  const page = await as(sofia).post(`/clients/${other}/tags`, { tag: 'lodz I OKOLICE' })
  t.same([page.status, page.location], [303, `/clients/${other}`])
  t.same(await tags(other), ['Łódź i okolice'])
  t.equal((await db('tags')).length, 2)
  await as(sofia).post(path, { tag: 'vip' })
  t.equal((await events()).filter(({ kind }) => kind === 'tag.added').length, 2, 'what it has already is nothing new')
  t.ok(id)
})

t.test('it is taken off in place', async t => {
  const { as, sofia, path, tags, events, db } = await shop(t)
  const { id } = await db('tags').first('id')
  const answer = await as(sofia).post(`${path}/${id}/remove`, {}, { fragment: true })
  t.equal(answer.status, 200)
  t.notMatch(answer.body, /VIP/)
  t.same(await tags(), [])
  t.equal((await as(sofia).post(`${path}/${id}/remove`)).status, 303)
  t.equal((await as(sofia).post(`${path}/424242/remove`)).status, 303, 'what isn\'t there needn\'t go')
  t.match(await events(), [{ kind: 'tag.removed', details: { tag: { name: 'VIP' } } }])
  t.equal((await events()).length, 1)
})

t.test('no name, too long a name or control characters are said beside the box', async t => {
  const { as, sofia, path, tags } = await shop(t)
  for (const [name, key] of [['', 'tags.empty'], [' # ', 'tags.empty'], ['x'.repeat(10_000), 'form.too_long'], ['a\u0000b', 'form.control_characters']] as const) {
    for (const fragment of [true, false]) {
      const answer = await as(sofia).post(path, { tag: name }, { fragment })
      t.equal(answer.status, 422)
      t.equal(answer.error('tag'), words(key, { length: 10_000, max: 60 }))
    }
  }
  t.same(await tags(), ['VIP'])
})

t.test('a tag is text wherever it stands', async t => {
  const { as, sofia, id, path } = await shop(t)
  await as(sofia).post(path, { tag: '<img src=x onerror=alert(1)>' })
  for (const at of ['/clients', `/clients/${id}`, '/tags', '/clients?q=img']) t.notMatch((await as(sofia).get(at)).body, /<img/, at)
})

t.test('suggestions begin with what was typed, then have it in them', async t => {
  const { as, sofia, anna, db } = await shop(t)
  await addClient(db, anna, { first_name: 'Inna', tags: ['Rowery', 'Góry i rowery', 'Ro%ery', 'Skup'] })
  const suggested = async (tag: string) => [...(await as(sofia).get(`/tags?tag=${encodeURIComponent(tag)}`, { fragment: true })).body.matchAll(/value="([^"]*)"/g)].map(([, name]) => name)
  t.same(await suggested('rowery'), ['Rowery', 'Góry i rowery'])
  t.same(await suggested('GORY'), ['Góry i rowery'])
  t.same(await suggested('%'), ['Ro%ery'])
  t.same(await suggested('％'), ['Ro%ery'])
  t.same(await suggested('zzz'), [])
  t.equal((await suggested('')).length, 5)
  t.same(await suggested('\u0000'), await suggested(''))
  for (let n = 0; n < 12; n++) await db('tags').insert({ name: `Wiele ${n}` })
  t.equal((await suggested('wiele')).length, 8)
})

t.test('saving the whole form keeps the tag that was typed and takes off the one whose button was pressed', async t => {
  const { as, sofia, id, tags, db } = await shop(t)
  const form = { kind: 'person', first_name: 'Zofia', surname: '' }
  await as(sofia).post(`/clients/${id}`, { ...form, tag: 'Nowy' })
  t.same(await tags(), ['Nowy', 'VIP'])
  const vip = await db('tags').where({ name: 'VIP' }).first('id')
  await as(sofia).post(`/clients/${id}`, { ...form, remove_tag: vip.id })
  t.same(await tags(), ['Nowy'])
})
