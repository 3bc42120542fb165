import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { templatesIn } from '../../src/web/templates.js'

t.test('a template escapes what it shows, includes partials and gives the bytes of UTF-8', async t => {
  const folder = t.testdir({
    'page.eta': `<%# not shown ' %>\n<% layout('./frame', { title: 'Żółć "1"' }) %>\n<p><%= it.name %>…</p><%~ include('./_part', { more: '<i>' }) %><ul><%~ each('./_row', 'row', it.rows) %></ul><%= it.nothing %><%~ it.raw %>`,
    '_part.eta': "<b title='<%= it.more %>'><%= it.name %></b>",
    '_row.eta': '<li><%= it.row %> of <%= it.name %></li>',
    'frame.eta': '<title><%= it.title %></title><%~ it.body %><% if (it.row) { %>leaked<% } %>'
  })
  const render = templatesIn(folder)
  const made = render('page', { name: 'Łódź & "co"', rows: [1, '<ñ>'], raw: '<hr title="→">', nothing: null })
  t.notMatch(made, /[^\x00-\xff]/, 'one byte a character')
  t.equal(Buffer.from(made, 'latin1').toString(), `<title>Żółć &quot;1&quot;</title><p>Łódź &amp; &quot;co&quot;…</p><b title='&lt;i&gt;'>Łódź &amp; &quot;co&quot;</b><ul><li>1 of Łódź &amp; &quot;co&quot;</li><li>&lt;ñ&gt; of Łódź &amp; &quot;co&quot;</li></ul><hr title="→">`)
  t.throws(() => render('missing', {}))
  writeFileSync(join(folder, '_part.eta'), 'changed')
  t.equal(render('page', { name: 'Łódź & "co"', rows: [1, '<ñ>'], raw: '<hr title="→">' }), made, 'a template is read once')
})
