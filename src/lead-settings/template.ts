import type { FieldError } from '../web/form.js'

/** When the counter of leads' numbers begins again at 1. */
export const RESTARTS = ['never', 'yearly', 'monthly'] as const
export type Restarts = (typeof RESTARTS)[number]

/** A piece of a number: words that stay as they are, or what is put in their place. */
export type Part = { kind: 'text', text: string } | { kind: 'counter', width: number } | { kind: 'year' } | { kind: 'month' } | { kind: 'location' }

export type Parsed = { parts: Part[], error?: undefined } | { parts?: undefined, error: FieldError }

/** What a number is made of. `location`: the code of the lead's location, '' when it has none. */
export interface Filling { counter: number, year: number, month: number, location: string }

export const LONGEST_TEMPLATE = 40
const WIDEST = 10

const PLACE = /\{([^{}]*)\}/g
const no = (key: string, values?: Record<string, string | number>): Parsed => ({ error: { key: `lead_settings.${key}`, values } })

/** Reads the template of leads' numbers: "L-{year}-{counter:5}". What can't be read says why, in words for beside the field. */
export function parseTemplate (text: string): Parsed {
  if (text.length > LONGEST_TEMPLATE) return no('template_long', { max: LONGEST_TEMPLATE })
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) return no('template_signs')
  const parts: Part[] = []
  let read = 0
  for (const match of text.matchAll(PLACE)) {
    const part = placeOf(match[1]!)
    if (!part) return no('template_unknown', { typed: match[0] })
    addText(parts, text.slice(read, match.index))
    parts.push(part)
    read = match.index + match[0].length
  }
  addText(parts, text.slice(read))
  if (parts.some(part => part.kind === 'text' && /[{}]/.test(part.text))) return no('template_brace')
  const counters = parts.filter(({ kind }) => kind === 'counter').length
  if (counters !== 1) return no(counters ? 'template_counters' : 'template_no_counter')
  if (runsTogether(parts)) return no('template_location')
  return { parts }
}

/** Why a counter can't restart so often with this template: numbers would come twice. Undefined when it can. */
export function refuseRestarts (parts: readonly Part[], restarts: Restarts): FieldError | undefined {
  const has = (wanted: Part['kind']) => parts.some(({ kind }) => kind === wanted)
  if (restarts === 'yearly' && !has('year')) return { key: 'lead_settings.restart_needs_year' }
  if (restarts === 'monthly' && !(has('year') && has('month'))) return { key: 'lead_settings.restart_needs_month' }
  return undefined
}

/** The row of lead_counters that a number is taken from: '' of never, '2026' of yearly, '2026-11' of monthly. */
export const periodOf = (restarts: Restarts, { year, month }: Pick<Filling, 'year' | 'month'>): string =>
  restarts === 'never' ? '' : restarts === 'yearly' ? String(year) : `${year}-${String(month).padStart(2, '0')}`

/** The number that a template makes. */
export function numberOf (parts: readonly Part[], { counter, ...filling }: Filling): string {
  const { before, width, after } = aroundCounter(parts, filling)
  return before + String(counter).padStart(width, '0') + after
}

/** What stands before and after the counter, and how wide that is. A lead without a location leaves no sign behind that would have stood between its code and the rest. */
export function aroundCounter (parts: readonly Part[], { year, month, location }: Omit<Filling, 'counter'>): { before: string, width: number, after: string } {
  const at = parts.findIndex(({ kind }) => kind === 'counter')
  const said = parts.map((part, i) => {
    if (part.kind === 'text') {
      const bare = location === '' && parts[i - 1]?.kind === 'location' ? part.text.replace(/^[^\p{L}\p{N}]/u, '') : part.text
      return location === '' && i === parts.length - 2 && parts.at(-1)!.kind === 'location' ? bare.replace(/[^\p{L}\p{N}]$/u, '') : bare
    }
    return part.kind === 'year' ? String(year).padStart(4, '0') : part.kind === 'month' ? String(month).padStart(2, '0') : part.kind === 'location' ? location : ''
  })
  const counter = parts[at] as Extract<Part, { kind: 'counter' }>
  return { before: said.slice(0, at).join(''), width: counter.width, after: said.slice(at + 1).join('') }
}

function placeOf (name: string): Part | undefined {
  if (name === 'year' || name === 'month' || name === 'location') return { kind: name }
  const [, width] = /^counter(?::(\d{1,2}))?$/.exec(name) ?? []
  if (name !== 'counter' && width === undefined) return undefined
  const wide = Number(width ?? 1)
  return wide >= 1 && wide <= WIDEST ? { kind: 'counter', width: wide } : undefined
}

const addText = (parts: Part[], text: string): void => { if (text) parts.push({ kind: 'text', text }) }

// A code like "A1" before the counter: "A1" and 1 would be what "A" and 11 are. Something that no code has must stand between.
function runsTogether (parts: readonly Part[]): boolean {
  const counter = parts.findIndex(({ kind }) => kind === 'counter')
  return parts.some(({ kind }, location) => {
    if (kind !== 'location') return false
    const between = parts.slice(Math.min(counter, location) + 1, Math.max(counter, location))
    return !between.some(part => part.kind === 'text' && /[^\p{L}\p{N}]/u.test(part.text))
  })
}
