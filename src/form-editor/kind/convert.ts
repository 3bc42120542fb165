import { readOne } from '../../web/form.js'
import { decimalMark } from '../../web/format.js'
import { wordsOf } from '../../web/labels.js'
import type { Language } from '../../web/viewer.js'
import { localOf } from '../../web/zone.js'
import { isChoice, type FieldKind, type OwnField } from '../definition.js'
import { schemaOf } from '../schema.js'
import type { OwnValue } from '../value.js'
import { dayInWords } from './months.js'

export interface Converting {
  /** The field as it is, and the kind it is to have. */
  field: OwnField
  kind: FieldKind
  timeZone: string
  /** ISO 3166-1: in the USA a date begins with its month. */
  country: string
  language: Language
  /** Words for yes and no, folded, in every language. */
  yes: ReadonlySet<string>
  no: ReadonlySet<string>
  /** The choices there will be, by their folded words, each by its place; those a text becomes are added. */
  choices: Map<string, { place: number, label: string }>
}

const MOST_NEW_CHOICES = 100

/** Case and accents away, to compare words. */
export const folded = (words: string): string => words.normalize('NFD').replace(/[łŁ]/g, 'l').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()

/** What a value becomes when its field changes kind; undefined when it doesn't convert. Choices are given by their place among `choices`. */
export function convert (value: OwnValue, to: Converting): OwnValue | undefined {
  const { field, kind } = to
  if (isChoice(field.kind) && isChoice(kind)) {
    const places = [value].flat().map(id => field.options.findIndex(option => option.id === id))
    return kind === 'several_choices' ? places : places.length === 1 ? places[0] : undefined
  }
  const texts = textsOf(value, to)
  if (kind === 'several_choices') {
    const places = texts.map(text => placeOf(text, to))
    return places.includes(undefined) ? undefined : places as number[]
  }
  if (kind === 'one_choice') return texts.length === 1 ? placeOf(texts[0]!, to) : undefined
  return readText(texts.join(', '), value, to)
}

/** A value in words, as somebody would type it. */
function textsOf (value: OwnValue, { field, timeZone, language, country }: Converting): string[] {
  const { kind, options } = field
  if (isChoice(kind)) return [value].flat().map(id => wordsOf(options.find(option => option.id === id)?.labels ?? {}, language, 'en'))
  if (kind === 'yes_no') return [value ? YES[language] : NO[language]]
  if (kind === 'date_time') return [localOf(new Date(value as string), timeZone).replace('T', ' ')]
  if (kind === 'number') return [String(value).replace('.', decimalMark(language, country))]
  return [String(value)]
}

const YES: Record<Language, string> = { en: 'Yes', es: 'Sí', pl: 'Tak', pt: 'Sim' }
const NO: Record<Language, string> = { en: 'No', es: 'No', pl: 'Nie', pt: 'Não' }

export const yesWords = (): Set<string> => new Set([...Object.values(YES).map(folded), 'true', '1', 'x', '+', 'y', '✓'])
export const noWords = (): Set<string> => new Set([...Object.values(NO).map(folded), 'false', '0', '-', 'n'])

function readText (text: string, value: OwnValue, to: Converting): OwnValue | undefined {
  const { kind, field } = to
  const typed = kind === 'number' && typeof value === 'boolean' ? String(Number(value))
    : kind === 'yes_no' ? yesNo(text, to)
      : kind === 'date' ? dayOf(text, daysOf(to))
        : kind === 'date_time' ? momentOf(text, daysOf(to))
          : kind === 'short_text' || kind === 'unique_id' ? text.replace(/\s*\n\s*/g, ' ') : text
  if (typed === undefined) return undefined
  const read = readOne(schemaOf(becoming(field, kind), to.timeZone, decimalMark(to.language, to.country)), typed)
  return read.error || read.value === null ? undefined : read.value
}

const become = new WeakMap<OwnField, Map<FieldKind, OwnField>>()

// One object for all values of a field: its schema is made once.
function becoming (field: OwnField, kind: FieldKind): OwnField {
  const kinds = become.get(field) ?? new Map<FieldKind, OwnField>()
  become.set(field, kinds)
  let one = kinds.get(kind)
  if (!one) kinds.set(kind, one = { ...field, kind, options: [] })
  return one
}

function yesNo (text: string, { yes, no }: Converting): string | undefined {
  const word = folded(text)
  return yes.has(word) ? 'yes' : no.has(word) ? 'no' : undefined
}

/** How days are written, and on whose clocks. */
export interface Days { monthFirst: boolean, timeZone: string }

export const isMonthFirst = (country: string): boolean => country === 'US'
const daysOf = ({ country, timeZone }: Pick<Converting, 'country' | 'timeZone'>): Days => ({ monthFirst: isMonthFirst(country), timeZone })

/** A day in figures whose year comes last, be it with a time. */
export const WRITTEN_DAY = /^\s*(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:r\.?|[T ,].*)?$/

const LONGEST_DAY = 60

/** "2026/11/03", "2026.11.3", "20261103". */
function yearFirst (text: string): string | undefined {
  const [, year, month = '', day = ''] = /^(\d{4})(?:\.|\/|-)(\d{1,2})(?:\.|\/|-)(\d{1,2})(?:[T ,].*)?$/.exec(text) ?? /^((?:19|20)\d\d)([01]\d)([0-3]\d)$/.exec(text) ?? []
  return year && `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** "2026-11-03", "3.11.2026", "03/11/2026", with the month first "11/3/2026", or with its name "3 listopada 2026"; a time after it is left out, but for one that says on whose clocks it is: that is the day by those here. */
export function dayOf (text: string, days: Days): string | undefined {
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](.*))?$/.exec(text.trim())
  // Midnight is how programs write a day.
  if (iso) return iso[2] && !/^00:00(?::00(?:[.,]0+)?)?(?!\d)/.test(iso[2]) ? localMoment(text, days)?.slice(0, 10) ?? iso[1] : iso[1]
  const [, first = '', second = '', year] = WRITTEN_DAY.exec(text) ?? []
  if (!year) return yearFirst(text.trim()) ?? (text.length <= LONGEST_DAY ? dayInWords(folded(text)) : undefined)
  const [day, month] = days.monthFirst ? [second, first] : [first, second]
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** "2026-11-03T09:30:00Z" and "2026-11-03 09:30+0200" (RFC 3339, ISO 8601) as the clocks here show it; undefined for what says nothing of whose clocks it means. */
function localMoment (text: string, { timeZone }: Days): string | undefined {
  const [, day, time, zone, hours, minutes = '00'] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)? ?(Z|([+-]\d{2})(?::?(\d{2}))?)$/i.exec(text.trim()) ?? []
  const instant = new Date(`${day}T${time}${hours ? `${hours}:${minutes}` : zone?.toUpperCase()}`)
  return Number.isNaN(instant.getTime()) ? undefined : localOf(instant, timeZone)
}

export function momentOf (text: string, days: Days): string | undefined {
  const local = localMoment(text, days)
  if (local) return local
  const day = dayOf(text, days)
  const [, hour = '0', minute = '00', half] = /(?<!\d)(\d{1,2}):(\d{2})(?!\d)(?::\d{2})?(?:\s*([ap])\.?\s?m\b)?/i.exec(text) ?? []
  const hours = half ? Number(hour) % 12 + (half.toLowerCase() === 'p' ? 12 : 0) : hour
  return day && `${day}T${String(hours).padStart(2, '0')}:${minute}`
}

/** The choice of these words; new words become one, up to a hundred. */
function placeOf (text: string, { choices }: Converting): number | undefined {
  const label = text.replace(/\s+/g, ' ').trim()
  const known = choices.get(folded(label))
  if (known) return known.place
  if (choices.size >= MOST_NEW_CHOICES || label.length > 100 || label === '') return undefined
  choices.set(folded(label), { place: choices.size, label })
  return choices.size - 1
}
