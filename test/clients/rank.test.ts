import t from 'tap'
import { setArchived } from '../../src/clients/queries.js'
import { cast } from '../support/cast.js'
import { addClient, listed } from '../support/clients.js'

t.test('what is searched for stands best match first, and its words are kept as clients change', async t => {
  const { as, anna, nuno, sofia, db } = await cast(t)
  const answer = async (query: string, who = anna) => (await as(who).get(`/clients?${query}`, { fragment: true })).body
  const find = async (q: string, who = anna) => listed(await answer(`q=${encodeURIComponent(q)}`, who))
  const add = (first_name: string, surname: string, more = {}) => addClient(db, anna, { first_name, surname, ...more })

  const kowalska = await add('Zofia', 'Kowalska', { phones: ['600 111 222'], emails: ['zofia@poczta.example'] })
  await add('Beata', 'Kowal')
  await add('Adam', 'Kowal')
  await add('Ewa', 'Wykowska')
  await add('Kowal', 'Nowak')
  await addClient(db, anna, { company_name: 'Auto-Serwis Rowerowy' })

  await t.test('a whole word, then its beginning, then the inside of one', async t => {
    t.same(await find('kowal'), ['Adam Kowal', 'Beata Kowal', 'Kowal Nowak', 'Zofia Kowalska'])
    t.same(await find('kow'), ['Adam Kowal', 'Beata Kowal', 'Kowal Nowak', 'Zofia Kowalska', 'Ewa Wykowska'])
    t.same(await find('kow zof'), ['Zofia Kowalska'])
    t.same(await find('zof kow'), ['Zofia Kowalska'])
    t.same(await find('serw rower'), ['Auto-Serwis Rowerowy'], 'a hyphen begins a word')
  })

  await t.test('one or two letters are looked for at the beginning of words', async t => {
    t.same(await find('ko'), ['Adam Kowal', 'Beata Kowal', 'Kowal Nowak', 'Zofia Kowalska'])
    t.same(await find('wy'), ['Ewa Wykowska'])
    t.same(await find('ow'), [])
    t.same(await find('kow e'), ['Ewa Wykowska'])
  })

  await t.test('another order that is asked for counts', async t => {
    t.same(listed(await answer('q=kow&sort=name&order=desc')), ['Zofia Kowalska', 'Kowal Nowak', 'Ewa Wykowska', 'Beata Kowal', 'Adam Kowal'])
    t.match(await answer('q=kow&sort=name'), /aria-sort="ascending"/)
    t.notMatch(await answer('q=kow'), /aria-sort/)
    t.same(listed(await answer('q=ko&sort=created')), ['Kowal Nowak', 'Adam Kowal', 'Beata Kowal', 'Zofia Kowalska'])
  })

  await t.test('who may not see numbers finds none by its beginning', async t => {
    t.same(await find('600111'), ['Zofia Kowalska'])
    await db('roles').where({ id: db('employees').where({ id: sofia.id }).select('role_id') }).update({ rights: ['clients.view'] })
    for (const q of ['60', '600', '600111', '48600', 'zofia@', 'zofia@poczta', 'poczta', 'zof 60', 'zof 600', '+48']) t.same(await find(q, sofia), [], q)
    t.same(await find('600 111 222', sofia), ['Zofia Kowalska'])
    t.same(await find('zofia@poczta.example', sofia), ['Zofia Kowalska'])
    t.same(await find('zof', sofia), ['Zofia Kowalska'])
    t.equal((await as(nuno).get('/clients?q=kow')).status, 403)
  })

  await t.test('a change is found at once, and what it was before is not', async t => {
    await db('clients').where({ id: kowalska }).update({ surname: 'Łąkowa' })
    t.same([await find('kowals'), await find('lakowa')], [[], ['Zofia Łąkowa']])
    await db('client_phones').where({ client_id: kowalska }).update({ removed_at: new Date() })
    t.same(await find('600111'), [])
    const [tag] = await db('tags').insert({ name: 'Warsztat' }).returning('id')
    await db('client_tags').insert({ client_id: kowalska, tag_id: tag.id })
    t.same(await find('warszt zof'), ['Zofia Łąkowa'])
    await db('tags').where({ id: tag.id }).update({ name: 'Garaż' })
    t.same([await find('warszt'), await find('garaz')], [[], ['Zofia Łąkowa']])

    const count = async (q: string, more = '') => Number(/hx-target="#count"[^]*?>\s*(\d+)\s*</.exec(await answer(`q=${q}${more}`))?.[1])
    t.equal(await count('zof'), 1)
    await db.transaction(trx => setArchived(trx, { id: anna.id } as never, { id: kowalska, archived_at: null } as never, true))
    t.same([await find('zof'), await count('zof'), await count('zof', '&show=archived')], [[], 0, 1])
    await db('clients').where({ surname: 'Kowal', first_name: 'Adam' }).update({ is_supplier: true })
    t.same(await find('adam', sofia), [], 'a supplier is not everybody\'s to see')
    await db('clients').where({ id: kowalska }).delete()
    t.equal((await db('client_words').where({ client_id: kowalska })).length, 0)
  })

  await t.test('whoever writes many writes their words once', async t => {
    await db.transaction(async trx => {
      await trx.raw("set local clientela.search = 'later'")
      const [{ id }] = await trx('clients').insert({ kind: 'person', first_name: 'Hugo', surname: 'Lopes' }).returning('id')
      await trx('client_emails').insert({ client_id: id, address: 'hl@correio.example' })
      await trx.raw('select index_clients(?)', [[id]])
    })
    t.same([await find('hug lop'), await find('hl@')], [['Hugo Lopes'], ['Hugo Lopes']])
  })

  await t.test('pages follow each other from one kind of match to the next, and back', async t => {
    await db.raw("insert into clients (kind, first_name, surname) select 'person', case when n % 3 = 0 then 'Malwina' when n % 3 = 1 then 'Kamal' else 'Mal' end, case when n % 4 = 0 then 'Malec' else 'Gil ' || n end from generate_series(1, 170) n")
    const ids = (body: string) => [...body.matchAll(/href="\/clients\/(\d+)"/g)].map(([, id]) => Number(id))
    const walk = async (from: string, rel: 'next' | 'prev') => {
      const pages: number[][] = []
      for (let at: string | undefined = from; at;) {
        const { body } = await as(anna).get(at, { fragment: true })
        pages.push(ids(body))
        at = new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&')
      }
      return pages
    }
    for (const q of ['mal', 'mal gil', 'ma']) {
      const forwards = await walk(`/clients?q=${encodeURIComponent(q)}`, 'next')
      t.equal(new Set(forwards.flat()).size, forwards.flat().length, `${q}: each once`)
      t.equal(forwards.flat().length, { mal: 170, 'mal gil': 128, ma: 127 }[q])
      t.same(await walk(`/clients?q=${encodeURIComponent(q)}&after=${forwards.at(-2)!.at(-1)}`, 'prev'), forwards.toReversed(), `${q}: and back the same way`)
    }
  })
})
