import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { etaOver } from '../../src/web/templates.js'

t.test('a template escapes what it shows, includes partials and gives the bytes of UTF-8', async t => {
  const folder = t.testdir({
    'page.eta': `<%# not shown ' %>\n<% layout('./frame', { title: 'Żółć "1"' }) %>\n<p><%= it.name %>…</p><%~ include('./_part', { more: '<i>' }) %><ul><%~ each('./_row', 'row', it.rows) %></ul><%= it.nothing %><%~ it.raw %>`,
    '_part.eta': "<b title='<%= it.more %>'><%= it.name %></b>",
    '_row.eta': '<li><%= it.row %> of <%= it.name %></li>',
    'frame.eta': '<title><%= it.title %></title><%~ it.body %><% if (it.row) { %>leaked<% } %>'
  })
  const eta = etaOver(folder)
  const made = eta.render('page', { name: 'Łódź & "co"', rows: [1, '<ñ>'], raw: '<hr title="→">', nothing: null })
  t.notMatch(made, /[^\x00-\xff]/, 'one byte a character')
  t.equal(Buffer.from(made, 'latin1').toString(), `<title>Żółć &quot;1&quot;</title><p>Łódź &amp; &quot;co&quot;…</p><b title='&lt;i&gt;'>Łódź &amp; &quot;co&quot;</b><ul><li>1 of Łódź &amp; &quot;co&quot;</li><li>&lt;ñ&gt; of Łódź &amp; &quot;co&quot;</li></ul><hr title="→">`)
  t.throws(() => eta.render('missing', {}))
  writeFileSync(join(folder, '_part.eta'), 'changed')
  t.equal(eta.render('page', { name: 'Łódź & "co"', rows: [1, '<ñ>'], raw: '<hr title="→">' }), made, 'a template is read once')
})

t.test('a partial of each row is included with what it is given beside what its caller has', async t => {
  const eta = etaOver(t.testdir({
    'page.eta': "<% for (const row of it.rows) { %><%~ reuse('./_cell', { row, mark: row.mark }) %><% } %><%= it.row %><%~ reuse('./_last', {}) %>",
    '_cell.eta': "<td><%= it.row.name %> <%= it.shop %><%~ include('./_mark') %></td>",
    '_mark.eta': '<% if (it.mark) { %>→<% } %>',
    '_last.eta': '<%= it.row.name %>'
  }))
  const made = eta.render('page', { shop: 'Łódź', rows: [{ name: '<ñ>', mark: true }, { name: 'ż' }] })
  t.equal(Buffer.from(made, 'latin1').toString(), '<td>&lt;ñ&gt; Łódź→</td><td>ż Łódź</td>ż', 'and leaves its caller alone')
})

t.test("Eta's own helpers are there for a template that names them", async t => {
  const folder = t.testdir({
    'page.eta': "<% layout('./frame') %><% block('head', () => { %><i>ż</i><% }) %><% const made = capture(() => { %><b><%= it.name %></b><% }); output(made) %><%~ include('/sub/_part') %>",
    'frame.eta': "<%~ block('head') %><%= '→' %><%~ it.body %>",
    sub: { '_part.eta': "<%~ include('./_part2') %>", '_part2.eta': '<%= it.name %>' },
    'broken.eta': '<% if ( %>'
  })
  const eta = etaOver(folder)
  t.equal(Buffer.from(eta.render('page', { name: 'ś<' }), 'latin1').toString(), '<i>ż</i>→<b>ś&lt;</b>ś&lt;')
  t.equal(Buffer.from(eta.render('sub/_part', { name: 'ś<' }), 'latin1').toString(), 'ś&lt;')
  t.throws(() => eta.render('broken', {}), { message: /Bad template syntax/ })
  t.throws(() => eta.render('../page', {}), 'nothing outside of the folder')
})
