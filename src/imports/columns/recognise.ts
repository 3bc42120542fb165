import { translator } from '../../web/i18n.js'
import { LANGUAGES, type Language } from '../../web/viewer.js'
import type { Inspected } from '../reading/reading.js'
import { looksOf, type Looks } from './content.js'
import { ownLanguages } from './layout.js'
import { folded, isNotForCalls, meansTheSame, namedBy, withoutHint, type Named } from './names.js'
import type { Target } from './targets.js'

/** What a person chose before: by the folded name of the column, the target's name or null for "leave out". */
export type Remembered = Record<string, string | null>

/** A column as it is told what it is: its name (folded, '' where there is no header; with and without what it says of how to fill it in), its cells, and what they look like. */
interface Column { whole: string, name: string, cells: string[], filled: number, looks: Looks, named?: Named }

/** What each column of a file most likely is: the name of a target, or null. By what was chosen before, then by name, then by content. */
export function recognise ({ header, sample, layout, reading }: Pick<Inspected, 'header' | 'sample' | 'layout' | 'reading'>, targets: readonly Target[], remembered: Remembered = {}): (string | null)[] {
  const isNamed = reading.format === 'vcf' || reading.headerRow !== null
  const columns = header.map((title, at): Column => {
    const cells = sample.map(row => row[at] ?? '')
    return { whole: isNamed ? folded(title) : '', name: isNamed ? folded(withoutHint(title)) : '', cells, filled: cells.filter(cell => cell !== '').length, looks: looksOf(cells), ...(isNamed && { named: namedBy(withoutHint(title)) }) }
  })
  nameHouses(columns)
  const known = new Map(targets.map(target => [target.name, target]))
  // Our own export is in one language, of which no other has a word for what an own field is called.
  const titled = titlesOf(targets, layout === 'own' ? ownLanguages(header) : LANGUAGES)
  const guesses = columns.map(column => {
    const before = remembered[column.whole]
    if (column.name !== '' && before !== undefined && (before === null || known.has(before))) return { target: before, isFixed: true }
    const byTitle = titled.get(column.whole) ?? titled.get(column.name)
    // Our own export calls things by their titles; elsewhere "Name" may be half of one.
    if (byTitle && (layout === 'own' || !column.named?.weak)) return { target: byTitle, isFixed: layout === 'own' }
    return { target: targetOf(column, columns, targets), isFixed: false }
  })
  const found = guesses.map(({ target }) => target)
  leaveOne(found, guesses.map(({ isFixed }) => isFixed), columns, known)
  // A type says nothing where no number follows.
  return found.map((target, at) => target === 'phone.type' && !/^phone(?::|$)/.test(found[at + 1] ?? '') ? null : target)
}

/** Targets by their titles in every language, the system's in `first` before those of the company's own fields, and the system's others after them. */
function titlesOf (targets: readonly Target[], first: readonly Language[]): Map<string, string> {
  const titled = new Map<string, string>()
  const add = (words: string, name: string) => { if (words !== '' && !titled.has(words)) titled.set(words, name) }
  const addSystem = (languages: readonly Language[]) => {
    for (const { name, title } of targets) {
      if ('key' in title) for (const language of languages) add(folded(translator(language)(title.key, title.values)), name)
    }
  }
  addSystem(first)
  for (const { name, called } of targets) for (const words of called) add(folded(words), name)
  addSystem(LANGUAGES)
  return titled
}

function targetOf (column: Column, columns: readonly Column[], targets: readonly Target[]): string | null {
  const name = byName(column, columns) ?? byMeaning(column, targets) ?? byContent(column, columns, targets)
  if (name === null) return null
  const builtIn = /^phone:(\w+)$/.exec(name)?.[1]
  const target = builtIn ? targets.find(({ title }) => 'key' in title && title.key === `imports.targets.phone_${builtIn}`) ?? targets.find(({ name }) => name === 'phone') : targets.find(target => target.name === name)
  if (!target) return null
  // What can only be answered by yes or no, and isn't, is something else.
  return target.kind === 'yes_no' && column.looks !== 'yes_no' && column.filled > 0 && target.group !== 'consents' ? null : target.name
}

// Of houses: "Endereço, Número, Bairro", as forms in Brazil and Poland have it.
const HOUSE = new Set(['numero', 'number', 'num', 'no', 'nr', 'n'])

/** Takes a number between two parts of one address for its house's. */
function nameHouses (columns: Column[]): void {
  for (const [at, column] of columns.entries()) {
    const [before, after] = [columns[at - 1]?.named, columns[at + 1]?.named]
    if (column.named || !HOUSE.has(column.name) || before?.target !== 'address' || after?.target !== 'address' || after.part === undefined) continue
    if ((before.part ?? '') === after.part) column.named = { target: 'address', part: after.part }
  }
}

// Of Poland, Portugal and Brazil; without its hyphen, or of Spain, it may be any number.
const POSTCODE = /^(?:\d{2}-\d{3}|\d{4}-\d{3}|\d{5}-\d{3})$/
const BARE_POSTCODE = /^\d{4,5}$|^\d{8}$/

/** Whether the cells of a column that is called a code are postal ones: by their hyphens, or by standing in an address. */
function isPostal (column: Column, columns: readonly Column[]): boolean {
  const at = columns.indexOf(column)
  const isBeside = [columns[at - 1], columns[at + 1]].some(other => other?.named?.target === 'address')
  const filled = column.cells.filter(cell => cell !== '')
  return filled.length > 0 && filled.every(cell => POSTCODE.test(cell) || (isBeside && BARE_POSTCODE.test(cell)))
}

function byName (column: Column, columns: readonly Column[]): string | null {
  const { named, looks, filled } = column
  if (!named || (named.isCode && !isPostal(column, columns))) return null
  const has = (...targets: string[]) => columns.some(other => other.named && !other.named.weak && !other.named.isSecond && targets.includes(other.named.target))
  if (named.target === 'phone' && looks === 'yes_no') return null
  if (!named.weak) return named.target
  switch (named.target) {
    case 'name': return !has('surname') ? has('first_name', 'name') ? null : 'name' : has('first_name') ? null : 'first_name'
    case 'company_name': {
      if (looks === 'yes_no') return 'is_company'
      if (looks === 'kind') return 'kind'
      return !has('company_name') ? 'company_name' : filled === 0 ? 'is_company' : null
    }
    case 'kind': return looks === 'kind' ? 'kind' : null
    default: return looks === 'phone' ? 'phone' : looks === 'yes_no' ? named.target : null // "WhatsApp": a number, or whether one may write there
  }
}

/** An own field that is called differently and means the same: "Birthday", "Date of birth". */
const byMeaning = ({ name }: Column, targets: readonly Target[]): string | null =>
  name === '' ? null : targets.find(({ group, called }) => group === 'own' && called.some(words => meansTheSame(words, name)))?.name ?? null

function byContent (column: Column, columns: readonly Column[], targets: readonly Target[]): string | null {
  const { cells, looks, name, filled } = column
  if (filled === 0) return null
  if (looks === 'email') return 'email'
  // A name that isn't known may be that of tax numbers or accounts: only what is written for dialling is a phone then.
  if (looks === 'phone' && isNotForCalls(name)) return null
  // "Particular", "Work": of phones where those are what stands below.
  const typed = looks === 'phone' && name !== '' ? namedBy(`${name} phone`)?.target : undefined
  if (typed?.startsWith('phone:')) return typed
  if (looks === 'phone') return name === '' || cells.filter(cell => /^(?:\+|00[1-9])/.test(cell)).length * 2 >= filled ? 'phone' : null
  if (name !== '') return null
  if (looks === 'date' || looks === 'date_time' || looks === 'link') return onlyOne(targets, looks)
  const isWords = (other: Column) => other.looks === null && other.filled > 0 && other.cells.every(cell => !/\d/.test(cell))
  if (isWords(column) && columns.find(isWords) === column) return cells.filter(cell => cell.includes(' ')).length * 2 >= filled ? 'name' : 'first_name'
  if (looks === null && new Set(cells.filter(cell => cell !== '')).size === filled && cells.every(cell => cell === '' || /^(?=.*\d)\S{3,40}$/.test(cell))) return onlyOne(targets, 'unique_id')
  return null
}

function onlyOne (targets: readonly Target[], kind: Target['kind']): string | null {
  const [one, ...others] = targets.filter(target => target.group === 'own' && target.kind === kind)
  return others.length === 0 ? one?.name ?? null : null
}

/** Takes from columns what another has the better of: a whole name beside its halves, a second address, parts of one beside the whole. */
function leaveOne (found: (string | null)[], fixed: readonly boolean[], columns: readonly Column[], known: ReadonlyMap<string, Target>): void {
  const places = (target: string) => found.flatMap((name, at) => name === target ? [at] : [])
  const leave = (at: number) => { if (!fixed[at]) found[at] = null }
  const fullest = (among: readonly number[]) => among.toSorted((a, b) => Number(fixed[b]) - Number(fixed[a]) || columns[b]!.filled - columns[a]!.filled || a - b)[0]
  const keep = (target: string, one: number | undefined) => { for (const at of places(target)) if (at !== one) leave(at) }

  const address = places('address')
  const whole = address.filter(at => columns[at]!.named?.part === undefined)
  if (whole.length > 0 || address.length === 0) {
    const one = fullest(whole.filter(at => columns[at]!.filled > 0)) ?? whole[0]
    const beside = one === undefined ? [] : partsBeside(columns[one]!, address.filter(at => columns[at]!.named?.part === ''), columns)
    for (const at of address) if (at !== one && !beside.includes(at)) leave(at)
  } else {
    const whose = columns[fullest(address)!]!.named!.part
    for (const at of address) if (columns[at]!.named!.part !== whose) leave(at)
  }
  for (const target of ['name', 'company_name']) keep(target, fullest(places(target)))
  for (const [target, { several }] of known) if (several === null) keep(target, fullest(places(target)))

  const halves = [...places('first_name'), ...places('surname')]
  const [name] = places('name')
  const isTwice = (row: number) => columns[name!]!.cells[row] !== '' && halves.some(at => columns[at]!.cells[row] !== '')
  if (name !== undefined && places('first_name').length > 0 && places('surname').length > 0 && columns[name]!.cells.some((_, row) => isTwice(row))) leave(name)
}

/**
 * Which parts belong to an address called whole ("Address, Postcode, City"): none when it has them in it, else all, since it is the street alone then, as
 * many programs mean it. Parts of somebody's ("Home City") are another address.
 */
function partsBeside (whole: Column, parts: number[], columns: readonly Column[]): number[] {
  const isInside = whole.cells.flatMap((cell, row) => {
    const filled = cell === '' ? [] : parts.map(at => columns[at]!.cells[row]!).filter(part => part !== '')
    return filled.map(part => folded(cell).includes(folded(part)))
  })
  return isInside.filter(Boolean).length * 2 < isInside.length ? parts : []
}
