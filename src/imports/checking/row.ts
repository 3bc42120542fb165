import type { Kind, Channel } from '../../clients/client.js'
import { CONSENT_CHANNELS, type ConsentChannel } from '../../clients/consents/consent.js'
import { discount, isSeen, shownForm } from '../../clients/form.js'
import { readNumber, type PhoneNumber } from '../../clients/phones/number.js'
import { readTagName } from '../../clients/tags/form.js'
import { itemsOf, type OwnField, type SystemItem } from '../../form-editor/definition.js'
import { dayOf, folded, momentOf, noWords, yesWords } from '../../form-editor/kind/convert.js'
import { nameOf, schemaOf } from '../../form-editor/schema.js'
import { isNothing, rowsOf, type OwnValue, type ValueRow } from '../../form-editor/value.js'
import { isEmail, readOne, text, type FieldError } from '../../web/form.js'
import { translator } from '../../web/i18n.js'
import { LANGUAGES } from '../../web/viewer.js'
import { splitValues } from '../columns/values.js'
import { isCellError, isScientific, isShortened } from '../reading/clean.js'
import type { SourceRow } from '../reading/reading.js'
import type { Problem } from '../rules.js'
import type { Plan } from './plan.js'

/** A number of a row; of channels what the row says of them. */
export type CheckedPhone = PhoneNumber & { type_id: number } & Partial<Record<Channel, boolean>>
export interface CheckedEmail { address: string, agrees?: boolean }
/** A value of an own field; `option`: the words of a choice that is to be made. */
export interface CheckedValue extends Omit<ValueRow, 'option_id'> { option_id?: number, option?: string }

/** A row as it is written to the clients; null, or an empty list, is what the file says nothing of. */
export interface Checked {
  row: number
  problems: Problem[]
  /** What a new client would lack. */
  lacks: Problem[]
  ref: number | null
  kind: Kind
  first_name: string | null
  surname: string | null
  company_name: string | null
  is_supplier: boolean | null
  is_conflicted: boolean | null
  conflict_reason: string | null
  address: string | null
  campaign_id: number | null
  campaign: string | null
  location_id: number | null
  location: string | null
  discount_services: number | null
  price_type_services_id: number | null
  discount_products: number | null
  price_type_products_id: number | null
  note: string | null
  phones: CheckedPhone[]
  emails: CheckedEmail[]
  tags: string[]
  own: CheckedValue[]
}

const MOST_CONTACTS = 50
const LONGEST = { name: text(200), first_name: text(100), surname: text(100), company_name: text(200), conflict_reason: text(500), address: text(500), note: text(10_000), phone: text(60), word: text(200) }
const LENGTHS: Record<keyof typeof LONGEST, number> = { name: 200, first_name: 100, surname: 100, company_name: 200, conflict_reason: 500, address: 500, note: 10_000, phone: 60, word: 200 }

// What says itself that it is a company, at the end of a name.
const LEGAL_FORM = /(^|[\s,.])(sp\.? ?z ?o\.? ?o\.?|sp\. ?[jkp]\.?|s\.? ?k\.? ?a\.?|s\.a\.?|s\.l\.?u?\.?|s\.c\.?|s\.r\.l\.?|spółka( \p{L}+)*|l\.?t\.?d\.?a\.?|ltd\.?|llc|inc\.?|gmbh|e\.?i\.?r\.?l\.?|unipessoal)$/iu

/** What a row's cells gather into, before it is known what they make together. */
interface Gathered extends Checked {
  name: string
  isCompany: boolean | null
  nextType: number | null
  consents: Partial<Record<ConsentChannel, { column: number, said: boolean | string[] }>>
}

type Reader = (cell: string, into: Gathered, column: number) => void

/** Makes of a plan what checks its rows, one after the other. Checks by the schemas of the clients' form; never throws. */
export function checker (plan: Plan): (source: SourceRow) => Checked {
  const { country, timeZone } = plan
  const [yes, no] = [yesWords(), noWords()]
  const phoneTypes = new Map(plan.phoneTypes)
  const companies = new Set(LANGUAGES.map(language => folded(translator(language)('clients.kinds.company'))))
  const people = new Set(LANGUAGES.map(language => folded(translator(language)('clients.kinds.person'))))
  const fields = new Map(plan.shape.fields.filter(({ removed }) => !removed).map(field => [nameOf(field), field]))
  const needed = { person: requiredItems(plan, 'person'), company: requiredItems(plan, 'company') }
  const readers = plan.columns.map(name => name === null ? null : readerOf(name))

  return ({ row, cells }) => {
    const into: Gathered = {
      row, problems: [], lacks: [], ref: null, kind: 'person', first_name: null, surname: null, company_name: null, is_supplier: null, is_conflicted: null, conflict_reason: null, address: null,
      campaign_id: null, campaign: null, location_id: null, location: null, discount_services: null, price_type_services_id: null, discount_products: null, price_type_products_id: null, note: null,
      phones: [], emails: [], tags: [], own: [], name: '', isCompany: null, nextType: null, consents: {}
    }
    for (let column = 0; column < readers.length; column++) {
      const cell = cells[column]
      const read = readers[column]
      if (!cell || !read) continue
      if (isCellError(cell)) fail(into, column, { key: 'imports.wrong.cell_error', values: { name: cell } })
      else read(cell, into, column)
    }
    name(into)
    agree(into)
    if (plan.suppliersOnly && into.is_supplier === null) into.is_supplier = true
    if (into.is_conflicted !== true) into.conflict_reason = null
    lack(into)
    return into
  }

  function readerOf (target: string): Reader | null {
    const field = fields.get(target)
    if (field) return ownReader(field)
    if (target.startsWith('phone:')) {
      const id = Number(target.slice('phone:'.length))
      return (cell, into, column) => { phones(cell, into, column, id) }
    }
    if (target.startsWith('consent.')) return consentReader(target.slice('consent.'.length) as ConsentChannel)
    switch (target) {
      case 'id': return (cell, into, column) => {
        if (/^[1-9]\d{0,14}$/.test(cell)) into.ref = Number(cell)
        else fail(into, column, { key: 'imports.wrong.id' })
      }
      case 'name': return (cell, into, column) => { into.name = [into.name, clean('name', cell, into, column)].filter(Boolean).join(' ') }
      case 'first_name': case 'surname': case 'company_name': return joined(target, ' ')
      case 'conflict_reason': return joined(target, '; ')
      case 'address': return joined(target, ', ')
      case 'note': return joined(target, '\n')
      case 'is_company': return (cell, into, column) => { into.isCompany = ticked(cell, into, column) }
      case 'kind': return (cell, into, column) => {
        const word = folded(cell)
        if (companies.has(word)) into.isCompany = true
        else if (people.has(word)) into.isCompany = false
        else fail(into, column, { key: 'imports.wrong.kind' })
      }
      case 'is_supplier': case 'is_conflicted': return (cell, into, column) => { into[target] = ticked(cell, into, column) }
      case 'phone': return (cell, into, column) => {
        phones(cell, into, column, into.nextType ?? plan.phoneType)
        into.nextType = null
      }
      case 'phone.type': return (cell, into) => { into.nextType = phoneTypes.get(folded(cell)) ?? null }
      case 'email': return emails
      case 'tag': return tags
      case 'campaign': return choiceReader('campaign', 'campaigns')
      case 'location': return choiceReader('location', 'locations')
      case 'discount_services': return discountReader('services')
      case 'discount_products': return discountReader('products')
      default: return null // a field that has gone since
    }
  }

  function fail (into: Gathered, column: number, { key, values }: FieldError): void {
    into.problems.push({ column, key, ...(values && { values }) })
  }

  /** A cell by the form's own schema for texts; what is plain already is what that would give. */
  function clean (what: keyof typeof LONGEST, cell: string, into: Gathered, column: number): string {
    if (isPlain(cell) && cell.length <= LENGTHS[what]) return cell
    const { value, error } = readOne(LONGEST[what], cell)
    if (error) fail(into, column, error)
    return error ? '' : value
  }

  function joined (field: 'first_name' | 'surname' | 'company_name' | 'conflict_reason' | 'address' | 'note', joint: string): Reader {
    return (cell, into, column) => {
      const more = clean(field, cell, into, column)
      if (!more) return
      const whole = into[field] === null ? more : `${into[field]}${joint}${more}`
      if (whole.length > LENGTHS[field]) fail(into, column, { key: 'form.too_long', values: { max: LENGTHS[field], length: whole.length } })
      else into[field] = whole
    }
  }

  function ticked (cell: string, into: Gathered, column: number): boolean | null {
    const word = folded(cell)
    if (yes.has(word)) return true
    if (no.has(word)) return false
    fail(into, column, { key: 'imports.wrong.yes_no' })
    return null
  }

  function phones (cell: string, into: Gathered, column: number, type: number): void {
    // Before it is split: "4,85018E+10", as most of Europe writes it, is not two numbers.
    if (isScientific(cell)) return fail(into, column, { key: 'imports.wrong.scientific' })
    for (const typed of splitNumbers(cell)) {
      const short = clean('phone', typed, into, column)
      if (!short) continue
      if (isScientific(short)) {
        fail(into, column, { key: 'imports.wrong.scientific' })
        continue
      }
      if (!/\d/.test(short)) {
        fail(into, column, { key: 'phones.no_digits' })
        continue
      }
      const number = numberOf(short, country)
      if (into.phones.some(other => number.e164 ? other.e164 === number.e164 && other.display === number.display : other.typed === number.typed)) continue
      if (into.phones.length < MOST_CONTACTS) into.phones.push({ ...number, type_id: type })
    }
  }

  function emails (cell: string, into: Gathered, column: number): void {
    for (const part of splitValues(cell)) {
      const address = part.replace(/^(mailto:|<)|>$/gi, '')
      if (!isEmail(address)) fail(into, column, { key: 'form.email' })
      else if (into.emails.length < MOST_CONTACTS && !into.emails.some(other => other.address.toLowerCase() === address.toLowerCase())) into.emails.push({ address })
    }
  }

  function tags (cell: string, into: Gathered, column: number): void {
    for (const part of splitValues(cell)) {
      const { name, errors } = readTagName(part)
      if (errors.tag) fail(into, column, errors.tag)
      else if (name && !into.tags.some(other => folded(other) === folded(name))) into.tags.push(name)
    }
  }

  function choiceReader (field: 'campaign' | 'location', list: 'campaigns' | 'locations'): Reader {
    const known = new Map(plan[list])
    const creates = plan.creates.includes(list)
    return (cell, into, column) => {
      const name = clean('word', cell, into, column).replace(/\s+/g, ' ')
      if (!name) return
      const id = known.get(folded(name))
      if (id) into[`${field}_id`] = id
      else if (creates && name.length <= 100) into[field] = name
      else fail(into, column, { key: `imports.wrong.${field}`, values: { name } })
    }
  }

  function discountReader (of: 'services' | 'products'): Reader {
    const known = new Map(plan.priceTypes)
    return (cell, into, column) => {
      const price = known.get(folded(cell.replace(/ \([+−-]?[\d.,]+ ?%\)$/, ''))) // as it stands in lists: "Wholesale (+15%)"
      if (price) {
        into[`price_type_${of}_id`] = price
        into[`discount_${of}`] = 0
        return
      }
      const { value, error } = readOne(discount, cell)
      if (error) fail(into, column, error)
      else into[`discount_${of}`] = value as number
    }
  }

  function ownReader (field: OwnField): Reader {
    const schema = schemaOf(field, timeZone)
    const name = nameOf(field)
    const options = new Map(field.options.flatMap(({ id, labels }) => Object.values(labels).map((label): [string, number] => [folded(label), id])))
    const creates = plan.creates.includes('choices')
    const typed = (cell: string): string | undefined => {
      switch (field.kind) {
        case 'date': return dayOf(cell, country)
        case 'date_time': return momentOf(cell, country)
        case 'yes_no': return yes.has(folded(cell)) ? 'yes' : no.has(folded(cell)) ? 'no' : undefined
        case 'short_text': case 'unique_id': return cell.replace(/\s*\n\s*/g, ' ')
        default: return cell
      }
    }
    if (field.options.length > 0 || field.kind === 'one_choice' || field.kind === 'several_choices') {
      return (cell, into, column) => {
        const words = field.kind === 'several_choices' && !options.has(folded(cell)) ? splitValues(cell) : [cell]
        for (const word of words) {
          const label = word.replace(/\s+/g, ' ').trim()
          const id = options.get(folded(label))
          const position = into.own.filter(value => value.field_id === field.id).length
          if (id) {
            if (!into.own.some(value => value.option_id === id)) into.own.push({ field_id: field.id, position, option_id: id })
          } else if (creates && label.length <= 100) {
            if (!into.own.some(value => value.field_id === field.id && value.option && folded(value.option) === folded(label))) into.own.push({ field_id: field.id, position, option: label })
          } else fail(into, column, { key: 'imports.wrong.choice', values: { name: label } })
        }
      }
    }
    return (cell, into, column) => {
      if (field.kind === 'unique_id' && isShortened(cell)) return fail(into, column, { key: 'imports.wrong.scientific' })
      const { value, error } = readOne(schema, typed(cell) ?? cell)
      if (error) into.problems.push({ column, field: name, ...error })
      else if (!isNothing(value as OwnValue)) into.own.push(...rowsOf(field, value as OwnValue) as CheckedValue[])
    }
  }

  function consentReader (channel: ConsentChannel): Reader {
    return (cell, into, column) => {
      if (!plan.consents) return
      const word = folded(cell)
      if (yes.has(word) || no.has(word)) into.consents[channel] = { column, said: yes.has(word) }
      else into.consents[channel] = { column, said: channel === 'email' ? splitValues(cell) : splitNumbers(cell) }
    }
  }

  /** Says of each number and address what the row says of its channels. */
  function agree (into: Gathered): void {
    for (const channel of CONSENT_CHANNELS) {
      const consent = into.consents[channel]
      if (!consent) continue
      const { column, said } = consent
      const meant = Array.isArray(said) ? new Set(said.map(one => channel === 'email' ? one.toLowerCase() : numberOf(one, country).e164 ?? one)) : null
      let found = 0
      const word = (key: string) => {
        if (meant?.has(key)) found++
        return meant ? meant.has(key) : said as boolean
      }
      if (channel === 'email') for (const email of into.emails) email.agrees = word(email.address.toLowerCase())
      else for (const phone of into.phones) phone[channel] = word(phone.e164 ?? phone.typed)
      if (meant && found < meant.size) fail(into, column, { key: 'imports.wrong.consent' })
    }
  }

  function lack (into: Gathered): void {
    if (into.kind === 'company' ? !isSeen(into.company_name ?? '') : !isSeen(`${into.first_name ?? ''}${into.surname ?? ''}`)) {
      into.lacks.push({ key: into.kind === 'company' ? 'clients.company_name_missing' : 'imports.wrong.nameless' })
    }
    for (const { system, field } of needed[into.kind]) {
      if (field ? !into.own.some(value => value.field_id === field.id) : !has(into, system!)) into.lacks.push({ field: field ? nameOf(field) : system!, key: 'form.required' })
    }
  }
}

/** Whether a text is just what the form's schema would make of it: printed letters that are composed already, no space around. */
const isPlain = (cell: string): boolean => /^[!-~\u00a1-\u024f](?:[ -~\u00a1-\u024f]*[!-~\u00a1-\u024f])?$/.test(cell)

/** A number as it is kept. One that lost its plus on the way through a spreadsheet is read with it when it is none without. */
export function numberOf (typed: string, country: string): PhoneNumber {
  const number = readNumber(typed, country)
  if (number.e164 || !/^\d{10,15}$/.test(typed)) return number
  const whole = readNumber(`+${typed}`, country)
  return whole.e164 ? { ...whole, typed } : number
}

/** "697000111 / 697000112" is two numbers as well. */
const splitNumbers = (cell: string): string[] => /[,;|/\n]/.test(cell) ? splitValues(cell).flatMap(part => (part.match(/\d/g)?.length ?? 0) > 13 ? part.split('/').map(one => one.trim()).filter(Boolean) : [part]) : [cell]

/** What the names of a row make: a person's or a company's. */
function name (into: Gathered): void {
  const isPerson = into.first_name !== null || into.surname !== null
  const isCompany = into.isCompany ?? (!isPerson && (into.company_name !== null || LEGAL_FORM.test(into.name)))
  into.kind = isCompany ? 'company' : 'person'
  if (isCompany) {
    into.company_name ??= [into.name, into.first_name, into.surname].filter(Boolean).join(' ') || null
    into.first_name = into.surname = null
    return
  }
  if (!isPerson) {
    const [first = '', ...rest] = (into.name || into.company_name || '').split(/\s+/)
    into.first_name = first.slice(0, 100) || null
    into.surname = rest.join(' ').slice(0, 100) || null
    if (into.name === '') into.company_name = null
  }
  // A person's form has no company: nothing of the file is lost without a word.
  if (into.company_name !== null) into.note = [into.company_name, into.note].filter(Boolean).join('\n')
  into.company_name = null
}

const requiredItems = ({ shape }: Plan, kind: Kind) => itemsOf(shownForm(shape, kind)).filter(({ required, hidden, field }) => required && !hidden && !field?.removed)

function has (into: Checked, system: SystemItem): boolean {
  switch (system) {
    case 'phones': return into.phones.length > 0
    case 'emails': return into.emails.length > 0
    case 'tags': return into.tags.length > 0
    case 'campaign': return into.campaign_id !== null || into.campaign !== null
    case 'location': return into.location_id !== null || into.location !== null
    case 'address': return into.address !== null
    case 'note': return into.note !== null
    default: return true
  }
}
