/**
 * The simple formatting of what is written to clients by e-mail: **bold**, *slanted*, [words](https://…), lines that begin with "- " or "1. "
 * as lists, with "# " as a heading; an empty line begins a paragraph, and an address (https://…) is a link by itself. A backslash
 * before a sign takes its meaning away. HTML isn't part of it: whatever looks like it is shown as it was typed.
 */

/** Words in a line of text. */
type Inline = string | { kind: 'strong' | 'em', inner: Inline[] } | { kind: 'link', href: string, inner: Inline[] }

type Block = { kind: 'p' | 'h2', lines: Inline[][] } | { kind: 'ul' | 'ol', lines: Inline[][] }

const MARKS = /[\\*[\]]/g

/** Words that mean nothing but themselves, whatever signs they have: a client's name is never taken for formatting. */
export const plainly = (words: string): string => words.replace(MARKS, '\\$&').replace(/^(\s*)([-#]|\d+(?=\.))/gm, '$1\\$2')

/** Formatted text as HTML, everything escaped, without styles. Never throws. */
export const toHtml = (source: string): string => blocksOf(source).map(({ kind, lines }) => {
  const html = lines.map(line => line.map(htmlOf).join(''))
  return kind === 'ul' || kind === 'ol' ? `<${kind}>${html.map(item => `<li>${item}</li>`).join('')}</${kind}>` : `<${kind}>${html.join('<br>')}</${kind}>`
}).join('\n')

/** The same as plain text, as it is read where HTML isn't: without marks, addresses of links behind their words. */
export const toPlain = (source: string): string => blocksOf(source).map(({ kind, lines }) =>
  lines.map((line, n) => `${kind === 'ul' ? '- ' : kind === 'ol' ? `${n + 1}. ` : ''}${line.map(plainOf).join('')}`).join('\n')).join('\n\n')

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, sign => escapes[sign]!)

function htmlOf (part: Inline): string {
  if (typeof part === 'string') return escaped(part)
  const inner = part.inner.map(htmlOf).join('')
  return part.kind === 'link' ? `<a href="${escaped(part.href)}">${inner}</a>` : `<${part.kind}>${inner}</${part.kind}>`
}

function plainOf (part: Inline): string {
  if (typeof part === 'string') return part
  const inner = part.inner.map(plainOf).join('')
  return part.kind === 'link' && part.href.replace(/^(mailto|tel):/, '') !== inner ? `${inner} (${part.href})` : inner
}

const STARTS: [kind: Block['kind'], start: RegExp][] = [['ul', /^\s*[-*] +(?=\S)/], ['ol', /^\s*\d{1,3}\. +(?=\S)/], ['h2', /^#{1,3} +(?=\S)/]]

function blocksOf (source: string): Block[] {
  const blocks: Block[] = []
  let last = null as Block | null
  for (const line of source.replace(/\r\n?/g, '\n').split('\n')) {
    if (line.trim() === '') {
      last = null
      continue
    }
    if (/^\s*([-*]|\d{1,3}\.)\s*$/.test(line)) continue // of a list: what it would name is empty
    const [kind, start] = STARTS.find(([, start]) => start.test(line)) ?? ['p', /^/]
    const words = inlines(line.replace(start, ''))
    if (last?.kind === kind && kind !== 'h2') last.lines.push(words)
    else {
      const block: Block = { kind, lines: [words] }
      blocks.push(block)
      last = block
    }
  }
  return blocks
}

// No part runs over the start of another of its kind, so that a line is read in one go however long it is.
const PARTS = /\\([^\p{L}\p{N}\s])|\\(\d)|\*\*(?!\s)((?:[^*\\]|\\.)+)(?<!\s)\*\*|\*(?!\s)((?:[^*\\]|\\.)+)(?<!\s)\*|\[((?:[^[\]\\]|\\.)+)\]\(([^()\s]+)\)|\b(https?:\/\/[^\s<>"]+)/gu
const DEEPEST = 4

function inlines (line: string, depth = 0): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of depth > DEEPEST ? [] : line.matchAll(PARTS)) {
    const [whole, sign, digit, strong, em, words, href, address] = match
    parts.push(line.slice(from, match.index))
    from = match.index + whole.length
    const bare = address?.replace(address.includes('(') ? /[.,;:!?'*]+$/ : /[.,;:!?'*)]+$/, '')
    if (sign ?? digit) parts.push((sign ?? digit)!)
    else if (strong) parts.push({ kind: 'strong', inner: inlines(strong, depth + 1) })
    else if (em) parts.push({ kind: 'em', inner: inlines(em, depth + 1) })
    else if (bare) parts.push({ kind: 'link', href: unmarked(bare), inner: [unmarked(bare)] }, address!.slice(bare.length))
    else if (isLink(unmarked(href!))) parts.push({ kind: 'link', href: unmarked(href!), inner: inlines(words!, depth + 1).map(part => typeof part === 'object' && part.kind === 'link' ? plainOf(part) : part) })
    else parts.push(unmarked(whole))
  }
  parts.push(line.slice(from))
  return parts.filter(part => part !== '')
}

const unmarked = (text: string): string => text.replace(/\\([\\*[\]#-])/g, '$1')

// Nothing else is a link: "javascript:" is none.
const isLink = (href: string): boolean => /^(https?:\/\/|mailto:|tel:)[^\s]/i.test(href)
