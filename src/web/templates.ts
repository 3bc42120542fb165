import { Eta } from 'eta'

/** Makes the HTML of a template from what it is given. */
type Template = (it: object) => string

/**
 * Eta over the templates of a folder, each of which may call t, fmt, icon, asset, can and say without naming `it`; null and
 * undefined are no words. `<%# … %>` is a comment. `<%~ each('./_row', 'row', rows) %>` includes a partial for each of a list.
 *
 * Gives a function that renders one: to text whose characters are the bytes of the page in UTF-8, `Buffer.from(html, 'latin1')`.
 * One character beyond Latin-1 in 100 kB makes all of a string twice as long and turning it into bytes five times as slow.
 *
 * Eta's own compiled templates make ten functions at each call and look up each partial anew, of which a long profile has two
 * hundred; these make what they use. Of Eta's syntax that leaves out `block`, `capture`, `output` and all that is asynchronous.
 * `include` with something to give copies what its caller was given, 40 names in 3 µs: `each` does so once a list.
 */
export function templatesIn (views: string): (name: string, it: object) => string {
  const eta = new Eta({ views, plugins: [{ processTemplate: (template: string) => template.replace(/<%#[^]*?%>\n?/g, '') }] })
  const known = new Map<string, Template>()
  const templateAt = (path: string): Template => {
    let template = known.get(path)
    if (!template) known.set(path, template = compile(eta, path, templateAt))
    return template
  }
  return (name, it) => templateAt(eta.resolvePath!(name))(it)
}

function compile (eta: Eta, filepath: string, templateAt: (path: string) => Template): Template {
  const body = eta.parse(eta.readFile!(filepath)).map(part => {
    if (typeof part === 'string') return `out += '${bytesOf(part)}';`
    if (part.t === 'i') return `out += escape(${part.val});`
    return part.t === 'r' ? `out += ${/\b(include|each)\(|\bit\.body\b/.test(part.val) ? part.val : `raw(${part.val})`};` : part.val
  }).join('\n')
  const isLaidOut = body.includes('layout(')
  const code = `return it => {
    const { t, fmt, icon, asset, can, say } = it;
    let out = '';
    ${body.includes('include(') ? 'const include = (name, more) => partial(name)(more ? { ...it, ...more } : it);' : ''}
    ${body.includes('each(') ? `const each = (name, key, list) => {
      const make = partial(name), one = { ...it, [key]: null };
      let all = '';
      for (one[key] of list) all += make(one);
      return all;
    };` : ''}
    ${isLaidOut ? 'let outer, about; const layout = (name, more) => { outer = name; about = more };' : ''}
    ${body}
    return ${isLaidOut ? 'outer ? partial(outer)({ ...it, body: out, ...about }) : out' : 'out'};
  }
  //# sourceURL=${filepath}`

  const partials = new Map<string, Template>()
  const partial = (name: string): Template => {
    let template = partials.get(name)
    if (!template) partials.set(name, template = templateAt(eta.resolvePath!(name, { filepath })))
    return template
  }
  return new Function('escape', 'raw', 'partial', code)(escape, raw, partial)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape (value: unknown): string {
  const text = typeof value === 'string' ? value : String(value ?? '')
  return /[&<>"'\x80-\uffff]/.test(text) ? bytesOf(text.replace(/[&<>"']/g, one => ESCAPES[one]!)) : text
}

const raw = (value: unknown): string => bytesOf(typeof value === 'string' ? value : String(value ?? ''))

const bytesOf = (text: string): string => /[\x80-\uffff]/.test(text) ? Buffer.from(text).toString('latin1') : text
