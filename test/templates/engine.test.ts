import fc from 'fast-check'
import t from 'tap'
import { plainly, toHtml, toPlain } from '../../src/messages/formatting.js'
import { checkText } from '../../src/templates/check.js'
import { fill, namesIn, parseTemplate, type Value } from '../../src/templates/engine.js'
import { renderText } from '../../src/templates/render.js'
import { TEMPLATE_CHANNELS } from '../../src/templates/template.js'
import { nearest } from '../../src/templates/variables.js'
import { codePoint } from '../support/code-points.js'

const NAMES = ['client.first_name', 'client.address', 'lead.number', 'client.own.plate', 'company.name']
const holds = (property: fc.IProperty<any>, numRuns: number) => () => fc.assert(property, { numRuns, seed: 7 })
const value = (words: string): Value => ({ words, holds: words !== '' })
const valuesOf = (words: readonly string[]) => new Map(NAMES.map((name, n) => [name, value(words[n] ?? '')]))

// Bits that templates are made of, right and wrong, and what people put into their names.
const bit = fc.oneof(
  fc.constantFrom('{{client.first_name}}', '{{client.first_name|dear client}}', '{{#client.address}}', '{{/client.address}}', '{{^client.address}}', '{{! a remark }}', '{{{client.first_name}}}', '{{& lead.number}}', '{{> other}}', '{{=<% %>=}}', '{{', '}}', '{{.}}', '{{}}', '\n', '\n\n', '- ', '# ', '1. ', '**', '*', '[', '](https://x.example/', ')', '](javascript:alert(1))', '\\', '<b>', '&', '"', 'https://', '{{lead.number}}'),
  fc.string({ maxLength: 12 }), fc.string({ unit: codePoint, maxLength: 6 })
)
const source = fc.array(bit, { maxLength: 14 }).map(bits => bits.join(''))
const words = fc.array(fc.oneof(fc.string({ unit: codePoint, maxLength: 15 }), fc.constantFrom('<script>alert(1)</script>', '"onload="x', '**x**', '[x](https://evil.example)', 'a\r\nBcc: all@x.example', '- x', '{{lead.number}}', "O'Neil & Söhne", 'https://x.example/?a=1&b="2"')), { minLength: NAMES.length, maxLength: NAMES.length })

t.test('whatever a template and its values are, something is rendered: HTML without tags of theirs, subjects on one line, messages plain', async t => {
  t.doesNotThrow(holds(fc.property(source, words, fc.constantFrom(...TEMPLATE_CHANNELS), (body, said, channel) => {
    const { subject, html, text, empty } = renderText(channel, { subject: body, body }, valuesOf(said), 'en')
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(subject)) throw new Error(`${JSON.stringify(subject)} is more than a line`)
    if (html !== null) {
      const bare = html.replace(/<\/?(?:p|h2|ul|ol|li|strong|em)>|<br>|<a href="(?:https?:\/\/|mailto:|tel:)[^"<>]*">|<\/a>/g, '')
      if (/[<>"']/.test(bare) || /&(?!amp;|lt;|gt;|quot;|#39;)/.test(bare)) throw new Error(`${JSON.stringify(html)} has what nobody escaped`)
    } else if (channel === 'email') throw new Error('an e-mail has HTML')
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) throw new Error(`${JSON.stringify(text)} is not plain`)
    if (empty.some(name => valuesOf(said).get(name)?.words)) throw new Error('what is there is not empty')
  }), 3000))
})

t.test('a variable that there isn’t is refused by name, and what is known is not', async t => {
  const name = fc.stringMatching(/^[a-z]{1,8}(\.[a-z_]{1,12}){0,2}$/)
  t.doesNotThrow(holds(fc.property(fc.constantFrom('', 'Dear ', '{{lead.number}} '), name, fc.constantFrom('{{*}}', '{{ * | there }}', '{{#*}}x{{/*}}', '{{^*}}x{{/*}}', '{{#lead.number}}{{*}}{{/lead.number}}'), (before, name, shape) => {
    const error = checkText(before + shape.replaceAll('*', name), NAMES)
    if (NAMES.includes(name) ? error !== null : error?.values?.name !== name || !NAMES.includes(String(error.values.nearest))) throw new Error(`${name}: ${JSON.stringify(error)}`)
  }), 600))
  t.equal(nearest('client.firstname', NAMES), 'client.first_name')
  t.equal(nearest('First Name', NAMES), 'client.first_name')
  t.equal(nearest('number', NAMES), 'lead.number')
})

t.test('what Mustache has and a message doesn’t need is refused in words', async t => {
  for (const [source, key] of [
    ['{{> footer}}', 'no_partials'], ['{{{client.address}}}', 'no_unescaped'], ['{{&client.address}}', 'no_unescaped'], ['{{=<% %>=}}', 'no_delimiters'], ['{{}}', 'no_name'], ['{{#client.address|x}}y{{/client.address|x}}', 'no_default_here'],
    ['Dear {{client.first_name', 'unclosed'], ['{{client.first_name|{{company.name}}}}', 'unclosed'], ['{{#client.address}}x', 'unclosed_condition'], ['{{#client.address}}{{#lead.number}}x{{/client.address}}{{/lead.number}}', 'unclosed_condition'], ['x{{/client.address}}', 'unopened'], ['{{.}}', 'unknown']
  ]) t.equal(checkText(source!, NAMES)?.key, `templates.${key}`, source)
  t.equal(checkText('{{! only for us }}{{#client.address}}{{client.address}}{{/client.address}}{{^client.address}}?{{/client.address}} {{client.own.plate|none}}', NAMES), null)
  t.same(namesIn(parseTemplate('{{lead.number}}{{#client.address}}{{company.name}}{{/client.address}}{{lead.number}}').pieces!), ['lead.number', 'client.address', 'company.name'])
})

t.test('conditions, defaults and what is empty', async t => {
  const said = (source: string, values: Record<string, Value>) => {
    const empty = new Set<string>()
    return [fill(parseTemplate(source).pieces!, new Map(Object.entries(values)), empty), [...empty]]
  }
  t.same(said('Dear {{a|friend}}{{#b}}, at {{b}}{{/b}}{{^b}}, somewhere{{/b}}: {{c}}{{c|}}', { a: value(''), b: value('home'), c: value('') }), ['Dear friend, at home: ', ['c']])
  t.same(said('{{#yes}}A{{/yes}}{{#no}}B{{no}}{{/no}}{{^no}}{{no}}{{/no}}', { yes: { words: 'yes', holds: true }, no: { words: 'no', holds: false } }), ['Ano', []])
  t.same(said('Hello\n{{#a}}\nline\n{{/a}}\nbye', { a: value('') })[0], 'Hello\nbye', 'a condition alone on a line leaves none')
})

t.test('simple formatting is HTML and plain text, and a value is never taken for it', async t => {
  const source = '# Ready\n\nDear **Zoë**, see *this*:\nhttps://x.example/a?b=1, or [our page](https://x.example/y) (https://x.example/z).\n\n- one\n- two\n\n1. first\n2. second\n\n2 * 3 * 4 \\*not\\* [bad](javascript:alert(1)) <i>x</i>'
  t.equal(toHtml(source), '<h2>Ready</h2>\n<p>Dear <strong>Zoë</strong>, see <em>this</em>:<br><a href="https://x.example/a?b=1">https://x.example/a?b=1</a>, or <a href="https://x.example/y">our page</a> (<a href="https://x.example/z">https://x.example/z</a>).</p>\n<ul><li>one</li><li>two</li></ul>\n<ol><li>first</li><li>second</li></ol>\n<p>2 * 3 * 4 *not* [bad](javascript:alert(1)) &lt;i&gt;x&lt;/i&gt;</p>')
  t.equal(toPlain('Dear **Zoë**, [book](https://x.example) or [call](tel:+48600)\n\n- one'), 'Dear Zoë, book (https://x.example) or call (tel:+48600)\n\n- one')
  t.doesNotThrow(holds(fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }).map(words => words.replace(/\s+/g, ' ').trim()).filter(words => words !== '' && !words.includes('http')), words => {
    if (toPlain(plainly(words)) !== words) throw new Error(`${JSON.stringify(words)} became ${JSON.stringify(toPlain(plainly(words)))}`)
  }), 1000))
})

t.test('a very long or very deep text is read in no time', async t => {
  for (const bit of ['{{#client.address}}', '{{', '*', '**a', '[', '[x](', '\\', '{{!', ' ', 'https://']) t.doesNotThrow(() => renderText('email', { subject: bit.repeat(100), body: bit.repeat(Math.ceil(20_000 / bit.length)) }, new Map(), 'en'), bit)
})
