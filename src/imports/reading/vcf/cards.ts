import { isDay } from '../../../web/shape.js'
import { joinValues } from '../../columns/values.js'
import { Batches } from '../batches.js'
import { cleaned } from '../clean.js'
import { LIMITS } from '../limits.js'
import { Unreadable, type SourceRow } from '../reading.js'
import { decoded } from '../text.js'
import { goesOn, meant, partsOf, readProperty, type Property } from './property.js'

/** What is read of a card, as columns. Their names are among those that every file's columns are known by. */
export const CARD_COLUMNS = [
  'First name', 'Last name', 'Full name', 'Company name', 'Is a company', 'Mobile phone', 'Work phone', 'Home phone', 'Phone', 'Fax',
  'E-mail', 'Address', 'Other addresses', 'Note', 'Tags', 'Birthday', 'Website', 'Job title', 'Nickname'
] as const
type Column = (typeof CARD_COLUMNS)[number]

/** The cards of a vCard file, one a row, in batches. Throws Unreadable. */
export async function * cardRows (path: string, encoding: string, signal?: AbortSignal): AsyncGenerator<SourceRow[]> {
  const batches = new Batches()
  let row = 0
  let depth = 0
  let card: Card | undefined
  for await (const line of unfolded(decoded(path, encoding, signal))) {
    if (/^BEGIN:VCARD\s*$/i.test(line)) {
      if (depth++ === 0) {
        row++
        card = new Card()
      }
    } else if (/^END:VCARD\s*$/i.test(line)) {
      depth = Math.max(depth - 1, 0)
      if (depth === 0 && card) {
        batches.add(row, card.cells())
        card = undefined
        yield * batches.take()
      }
    } else if (depth === 1 && card) {
      const property = readProperty(line)
      if (property) card.take(property)
    }
  }
  yield * batches.rest()
  if (card) throw new Unreadable('cut_off', { row })
}

// What a card is big by.
const HEAVY = /^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY|AGENT)[;:]/i

/** Lines with those that go on behind them (RFC 6350 3.2). What is too long for anything of ours is cut. */
async function * unfolded (pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let line = ''
  let isHeavy = false
  for await (const next of linesOf(pieces)) {
    if (/^[ \t]/.test(next)) {
      if (!isHeavy && line.length < LIMITS.cell) line += next.slice(1)
    } else if (goesOn(line)) {
      line = line.length < LIMITS.cell ? line.slice(0, -1) + next : 'X-LONG:'
    } else {
      if (line !== '') yield line
      isHeavy = HEAVY.test(next)
      line = isHeavy ? '' : next
    }
  }
  if (line !== '') yield line
}

async function * linesOf (pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let left = ''
  for await (const piece of pieces) {
    const lines = (left + piece).split('\n')
    left = lines.pop()!
    if (left.length > LIMITS.record) throw new Unreadable('too_much')
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  if (left !== '') yield left
}

const MOST_VALUES = 50

class Card {
  private found = new Map<Column, string[]>()

  take (property: Property): void {
    for (const [column, value] of told(property)) {
      const text = cleaned(value)
      const values = this.found.get(column) ?? []
      if (text !== '' && values.length < MOST_VALUES && !values.includes(text)) this.found.set(column, [...values, text])
    }
  }

  cells (): string[] {
    const { found } = this
    const one = (column: Column) => found.get(column)?.[0] ?? ''
    // The whole name says nothing more where its parts, or the company's name, are there.
    if (one('First name') || one('Last name') || one('Company name') === one('Full name')) found.delete('Full name')
    if (one('Company name') && !one('First name') && !one('Last name') && !one('Full name')) found.set('Is a company', ['yes'])
    const [address, ...others] = found.get('Address') ?? []
    if (address) found.set('Address', [address]).set('Other addresses', others)
    return CARD_COLUMNS.map(column => TEXTS.has(column) ? (found.get(column) ?? []).join('\n') : joinValues(found.get(column) ?? []))
  }
}

const TEXTS = new Set<Column>(['Note', 'Address', 'Other addresses', 'Full name', 'First name', 'Last name', 'Company name', 'Job title', 'Nickname'])

function told ({ name, types, value }: Property): [Column, string][] {
  switch (name) {
    case 'FN': return [['Full name', meant(value)]]
    case 'N': {
      const [surname = '', given = '', middle = ''] = partsOf(value, ';')
      return [['First name', `${given} ${middle}`], ['Last name', surname]]
    }
    case 'ORG': return [['Company name', partsOf(value, ';')[0] ?? '']]
    case 'TEL': return [[phoneColumn(types), meant(value).replace(/^tel:/i, '').replace(/;ext=/i, ' ext. ')]]
    case 'EMAIL': return [['E-mail', meant(value).replace(/^mailto:/i, '')]]
    case 'ADR': return [['Address', addressOf(partsOf(value, ';'))]]
    case 'NOTE': return [['Note', meant(value)]]
    case 'CATEGORIES': return partsOf(value, ',').map(tag => ['Tags', tag])
    case 'BDAY': return [['Birthday', dayOf(value)]]
    case 'URL': return [['Website', meant(value)]]
    case 'TITLE': return [['Job title', meant(value)]]
    case 'NICKNAME': return [['Nickname', meant(value)]]
    case 'KIND': return /^org/i.test(value) ? [['Is a company', 'yes']] : []
    case 'X-ABSHOWAS': return /^company/i.test(value) ? [['Is a company', 'yes']] : []
    default: return []
  }
}

function phoneColumn (types: readonly string[]): Column {
  const is = (...names: string[]) => names.some(name => types.includes(name))
  if (is('fax', 'pager')) return 'Fax'
  if (is('cell', 'iphone', 'mobile')) return 'Mobile phone'
  return is('work') ? 'Work phone' : is('home') ? 'Home phone' : 'Phone'
}

function addressOf ([box = '', extended = '', street = '', city = '', region = '', code = '', country = '']: string[]): string {
  const parts = [street, extended, box, [code, city].filter(Boolean).join(' '), region, country]
  return parts.map(part => part.replace(/\s*\n\s*/g, ', ').trim()).filter(Boolean).join(', ')
}

/** "19850312", "1985-03-12" and the same with a time; a day without its year is no date of ours. */
function dayOf (value: string): string {
  const [, year, month, day] = /^(\d{4})-?(\d\d)-?(\d\d)(?:T|$)/.exec(value) ?? []
  const iso = `${year}-${month}-${day}`
  return isDay(iso) ? iso : meant(value)
}
