import Mustache from 'mustache'
import type { FieldError } from '../web/form.js'

// Every text would stay in the memory of the process, each one that somebody tries in the preview too.
Mustache.templateCache = undefined

/** A piece of a template: words, what somebody is called, or words that depend on whether there is something. */
export type Piece =
  | { kind: 'words', words: string }
  | { kind: 'value', name: string, otherwise: string | null }
  | { kind: 'condition', name: string, inverted: boolean, pieces: Piece[] }

export type Parsed = { pieces: Piece[], error?: undefined } | { pieces?: undefined, error: FieldError }

/** What a variable is in a message: its words, and of a yes/no whether it is yes (of others: whether there are any). */
export interface Value { words: string, holds: boolean }

// As mustache.js gives them: type, value, start, end, and of a section its pieces.
type Token = [type: string, value: string, start: number, end: number, inner?: Token[] | string]

/**
 * Reads a template in Mustache's notation (mustache(5)): {{client.first_name}}, {{client.first_name|dear client}} with what stands
 * there when it is empty (our own), {{#client.address}}…{{/client.address}} for when there is one and {{^…}} for when there is none,
 * {{! a remark }}. Of the rest nothing is taken: partials, unescaped values, other delimiters. Values are plain words, so that a
 * section is a condition and never a loop. Never throws.
 */
export function parseTemplate (source: string): Parsed {
  try {
    return { pieces: readTokens(Mustache.parse(source.replaceAll('\0', '')) as unknown as Token[]) }
  } catch (error) {
    if (error instanceof Unreadable) return { error: error.said }
    return { error: saidBy((error as Error).message) }
  }
}

class Unreadable extends Error {
  constructor (readonly said: FieldError) { super(said.key) }
}

const fail = (key: string, values?: Record<string, unknown>): never => { throw new Unreadable({ key, ...(values && { values }) }) }

function readTokens (tokens: readonly Token[]): Piece[] {
  return tokens.flatMap((token): Piece[] => {
    const [type, value] = token
    if (type === 'text') return [{ kind: 'words', words: value }]
    if (type === '!') return []
    if (type === '>') return fail('templates.no_partials')
    if (type === '&' || type === '{') return fail('templates.no_unescaped')
    if (type === '=') return fail('templates.no_delimiters')
    const [name, otherwise] = split(value)
    if (name === '') return fail('templates.no_name')
    if (otherwise?.includes('{{')) return fail('templates.unclosed') // one variable can't stand in for another
    if (type === 'name') return [{ kind: 'value', name, otherwise }]
    if (otherwise !== null) return fail('templates.no_default_here', { name })
    return [{ kind: 'condition', name, inverted: type === '^', pieces: readTokens(token[4] as Token[]) }]
  })
}

function split (value: string): [name: string, otherwise: string | null] {
  const at = value.indexOf('|')
  return at === -1 ? [value.trim(), null] : [value.slice(0, at).trim(), value.slice(at + 1).trim()]
}

// What mustache.js says of tags that don't match: its sentences name the section.
function saidBy (message: string): FieldError {
  const [, name] = /"([^]*)"/.exec(message) ?? []
  if (message.startsWith('Unopened section')) return { key: 'templates.unopened', values: { name } }
  return message.startsWith('Unclosed section') ? { key: 'templates.unclosed_condition', values: { name } } : { key: 'templates.unclosed' }
}

/** The names of all variables in a template, each once, in the order in which they are met. */
export function namesIn (pieces: readonly Piece[]): string[] {
  return [...new Set(pieces.flatMap((piece): string[] => piece.kind === 'words' ? [] : piece.kind === 'value' ? [piece.name] : [piece.name, ...namesIn(piece.pieces)]))]
}

/**
 * A template with everything filled in. `write` says how a value stands in the text (escaped, on one line); what came out empty,
 * without anything to stand in its place, is added to `empty`. A variable that there isn't (any more) is empty.
 */
export function fill (pieces: readonly Piece[], values: ReadonlyMap<string, Value>, empty: Set<string>, write: (words: string) => string = words => words): string {
  return pieces.map(piece => {
    if (piece.kind === 'words') return piece.words
    const value = values.get(piece.name)
    if (piece.kind === 'condition') return Boolean(value?.holds) === piece.inverted ? '' : fill(piece.pieces, values, empty, write)
    if (!value?.words && piece.otherwise === null) empty.add(piece.name)
    return write(value?.words || (piece.otherwise ?? ''))
  }).join('')
}
