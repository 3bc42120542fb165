import { Eta } from 'eta'

/**
 * Eta over the templates of a folder, each of which may call t, fmt, icon, asset, can and say without naming `it`; null and
 * undefined are no words. `<%# … %>` is a comment. `<%~ each('./_row', 'row', rows) %>` includes a partial for each of a list:
 * `include` copies what its caller was given, forty names in 3 µs, `each` does so once a list. So does `reuse`, which is
 * like `include('./_cell', { row })` again and again: what one was given stays for the next, so give them all the same names.
 *
 * It renders text whose characters are the bytes of the page in UTF-8, `Buffer.from(html, 'latin1')`: one character beyond Latin-1
 * in 100 kB makes all of a string twice as long and turning it into bytes five times as slow.
 */
export function etaOver (views: string): Eta {
  const eta = new Eta({
    views,
    cache: true,
    functionHeader: `const { t, fmt, icon, asset, can, say, eachKept } = it;
let each = (name, key, list) => { const one = { ...it }; let all = ''; for (one[key] of list) all += this.render(name, one, options); return all };
let reused, reuse = (name, more) => this.render(name, Object.assign(reused ??= { ...it }, more), options);`,
    escapeFunction: escape,
    filterFunction: raw,
    plugins: [{
      processTemplate: (template: string) => sayingWhose(template.replace(/<%#[^]*?%>\n?/g, '')),
      processAST: (parts: Part[]) => parts.map(inBytes),
      processFnString: withoutUnused
    }]
  })
  rememberTemplates(eta)
  return eta
}

// A form's tag, with code of the template's in it.
const FORM = /<form\b(?:<%(?:(?!%>)[^])*%>|[^<>])*>/g

/** Every form that is posted says for whom it was made, by the first of its fields, but for one that brings what another brought (`data-as-sent`): see whose-page.ts. */
const sayingWhose = (template: string): string =>
  template.replace(FORM, tag => tag.includes(' method="post"') && !tag.includes(' data-as-sent') ? `${tag}<%~ it.pageViewer %>` : tag)

type Part = ReturnType<Eta['parse']>[number]

/** What other templates made is bytes already. */
function inBytes (part: Part): Part {
  if (typeof part === 'string') return bytesOf(part)
  return part.t !== 'r' || /\b(include|reuse|each|eachKept|block|capture)\(|\bit\.body\b/.test(part.val) ? part : { ...part, val: `__eta.f(${part.val})` }
}

/** Eta's function of a template begins by making nine helpers, at each call: leaves out those that this template doesn't name. */
function withoutUnused (code: string): string {
  for (const name of ['reuse', 'each', 'blockAsync', 'block', 'captureAsync', 'capture', 'output', 'includeAsync', 'layout', 'include']) {
    let without = code.replace(new RegExp(`^(let (?:reused, )?${name} = .*|(async )?function ${name}\\((.*\\}|[^}]*\\n\\}))\\n`, 'm'), '')
    if (name === 'layout') without = without.replace(/^if \(__eta\.layout\) \{\n.*\n\}\n/m, '')
    if (!new RegExp(`(?<![.\\w])${name}\\b`).test(without)) code = without
  }
  return code.replace('{...it, ...(__eta_d ?? {})}', '__eta_d ? {...it, ...__eta_d} : it')
}

/** Eta finds each partial anew each time, in 4 to 10 µs; a profile has two hundred of them. What it rendered once from somewhere is known. */
function rememberTemplates (eta: Eta): void {
  const known = new Map<string, Map<string, (data: object) => string>>()
  const find = (name: string, from?: { filepath: string }) => {
    const options = { filepath: eta.resolvePath!(name, from), async: false }
    let template = eta.templatesSync.get(options.filepath)
    if (!template) eta.templatesSync.define(options.filepath, template = eta.compile(eta.readFile!(options.filepath), options))
    return (data: object) => template.call(eta, data, options)
  }
  eta.render = (name, data, from) => {
    if (typeof name !== 'string') return name.call(eta, data)
    const place = from?.filepath ?? ''
    let templates = known.get(place)
    if (!templates) known.set(place, templates = new Map())
    let template = templates.get(name)
    if (!template) templates.set(name, template = find(name, from))
    return template(data)
  }
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as it stands in HTML, in bytes. */
export function escape (value: unknown): string {
  const text = typeof value === 'string' ? value : String(value ?? '')
  return /[&<>"'\x80-\uffff]/.test(text) ? bytesOf(text.replace(/[&<>"']/g, one => ESCAPES[one]!)) : text
}

const raw = (value: unknown): string => bytesOf(typeof value === 'string' ? value : String(value ?? ''))

const bytesOf = (text: string): string => /[\x80-\uffff]/.test(text) ? Buffer.from(text).toString('latin1') : text
