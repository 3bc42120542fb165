import { CONSENT_CHANNELS, type ConsentChannel } from '../../clients/consents/consent.js'
import { discount } from '../../clients/form.js'
import { readTagName } from '../../clients/tags/form.js'
import type { OwnField } from '../../form-editor/definition.js'
import { dayOf, folded, isMonthFirst, momentOf, noWords, yesWords, type Days } from '../../form-editor/kind/convert.js'
import { nameOf, schemaOf } from '../../form-editor/schema.js'
import { isNothing, rowsOf, type OwnValue } from '../../form-editor/value.js'
import { isEmail, readOne, text, type FieldError } from '../../web/form.js'
import { translator } from '../../web/i18n.js'
import { LANGUAGES } from '../../web/viewer.js'
import { kindIn, yesOrNo } from '../columns/content.js'
import { saysNoChoice, saysNoLanguage, saysNoPlace, saysNoTag, saysNothing, saysNothingInSigns } from '../columns/nothing.js'
import { splitValues, splitWords } from '../columns/values.js'
import { isCellError, isScientific, isShortened, unshortened } from '../reading/clean.js'
import { formatted } from '../reading/xlsx/numbers.js'
import type { SourceRow } from '../reading/reading.js'
import { nothingGathered, type Checked, type CheckedValue, type Gathered } from './checked.js'
import { languageOf } from './languages.js'
import { requiredItems, sayLacks } from './lacks.js'
import { settleName } from './names.js'
import { numberOf, splitNumbers } from './numbers.js'
import type { Plan } from './plan.js'

const MOST_CONTACTS = 50
const LENGTHS = { name: 200, first_name: 100, surname: 100, company_name: 200, conflict_reason: 500, address: 500, note: 10_000, phone: 60, word: 200 }
const LONGEST = Object.fromEntries(Object.entries(LENGTHS).map(([what, most]) => [what, text(most)])) as Record<keyof typeof LENGTHS, ReturnType<typeof text>>

const NEEDED = new Set(['id', 'name', 'first_name', 'surname'])

type Reader = (cell: string, into: Gathered, column: number) => void

/** Makes of a plan what checks its rows, one after the other. Checks by the schemas of the clients' form; never throws. */
export function checker (plan: Plan): (source: SourceRow) => Checked {
  const { country, timeZone, decimalMark } = plan
  const [yes, no] = [yesWords(), noWords()]
  const [here, abroad]: Days[] = [isMonthFirst(country), !isMonthFirst(country)].map(monthFirst => ({ monthFirst, timeZone }))
  const daysOf = (column: number): Days => plan.foreignDays?.includes(column) ? abroad! : here!
  const phoneTypes = new Map(plan.phoneTypes)
  const companies = new Set(LANGUAGES.map(language => folded(translator(language)('clients.kinds.company'))))
  const people = new Set(LANGUAGES.map(language => folded(translator(language)('clients.kinds.person'))))
  const fields = new Map(plan.shape.fields.filter(({ removed }) => !removed).map(field => [nameOf(field), field]))
  const needed = { person: requiredItems(plan, 'person'), company: requiredItems(plan, 'company') }
  // A tag "Unknown" or a card "brak" of our own export is one.
  const [isNone, isNoTag] = plan.isOwn ? [saysNothingInSigns, saysNothingInSigns] : [saysNothing, saysNoTag]
  const readers = plan.columns.map(name => name === null ? null : readerOf(name))

  return ({ row, cells }) => {
    const into = nothingGathered(row)
    const errors: number[] = []
    for (let column = 0; column < readers.length; column++) {
      const cell = cells[column]
      const read = readers[column]
      if (!cell || !read) continue
      if (isCellError(cell)) errors.push(column)
      else read(cell, into, column)
    }
    for (const column of errors) if (isNeeded(plan.columns[column]!, into)) fail(into, column, { key: 'imports.wrong.cell_error', values: { name: cells[column]! } })
    into.isEmptied = errors.length > 0
    settleName(into, plan.isOwn)
    agree(into)
    if (plan.suppliersOnly && into.is_supplier === null) into.is_supplier = true
    if (into.is_conflicted !== true) into.conflict_reason = null
    sayLacks(into, needed[into.kind])
    return into
  }

  /** Whether a client isn't told from others without what a cell failed to give: a name, a number of ours or of a field, all their phones, or an e-mail where there is no phone. */
  function isNeeded (target: string, { phones, emails, name, first_name, surname }: Gathered): boolean {
    if (target === 'company_name') return !name && first_name === null && surname === null
    if (target.startsWith('phone')) return target !== 'phone.type' && phones.length === 0
    if (target === 'email') return phones.length === 0 && emails.length === 0
    return NEEDED.has(target) || fields.get(target)?.kind === 'unique_id'
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
      case 'id': return unlessNothing((cell, into, column) => {
        if (/^[1-9]\d{0,14}$/.test(cell)) into.ref = Number(cell)
        else fail(into, column, { key: 'imports.wrong.id' })
      })
      case 'name': return (cell, into, column) => {
        into.name = [into.name, clean('name', cell, into, column)].filter(Boolean).join(' ')
        into.surnameFirst = plan.surnameFirst?.[column] ?? null
      }
      case 'first_name': case 'surname': case 'company_name': return joined(target, ' ')
      case 'conflict_reason': return joined(target, '; ')
      case 'address': return unlessNothing(joined(target, ', '), plan.isOwn ? saysNothingInSigns : saysNoPlace)
      case 'note': return joined(target, '\n')
      case 'is_company': return (cell, into, column) => { into.isCompany = ticked(cell, into, column) }
      case 'kind': return (cell, into, column) => {
        const word = folded(cell)
        const kind = companies.has(word) ? 'company' : people.has(word) ? 'person' : kindIn(cell)
        if (kind) into.isCompany = kind === 'company'
        else if (!saysNothing(cell)) fail(into, column, { key: 'imports.wrong.kind' })
      }
      case 'is_supplier': case 'is_conflicted': return (cell, into, column) => { into[target] = ticked(cell, into, column) }
      case 'phone': return (cell, into, column) => {
        phones(cell, into, column, into.nextType ?? plan.phoneType)
        into.nextType = null
      }
      case 'phone.type': return (cell, into) => { into.nextType = phoneTypes.get(folded(cell)) ?? null }
      case 'email': return emails
      case 'tag': return tags
      case 'language': return unlessNothing((cell, into, column) => {
        into.language = languageOf(cell)
        if (!into.language) fail(into, column, { key: 'imports.wrong.language' })
      }, saysNoLanguage)
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
    const answer = answerOf(cell)
    if (answer === null && !saysNothing(cell)) fail(into, column, { key: 'imports.wrong.yes_no' })
    return answer
  }

  /** As the form's words say it, or as programs write it: a Polish Excel's PRAWDA, "S" and "N". */
  function answerOf (cell: string): boolean | null {
    const word = folded(cell)
    return yes.has(word) ? true : no.has(word) ? false : yesOrNo(cell)
  }

  function phones (cell: string, into: Gathered, column: number, type: number): void {
    if (!plan.isOwn) return somePhones(cell, into, column, type)
    // A client may have a number typed as "600 100 205 / 600 100 206".
    for (const whole of splitValues(cell)) somePhones(whole, into, column, type, whole)
  }

  function somePhones (cell: string, into: Gathered, column: number, type: number, whole?: string): void {
    // Of a table that took it for a quantity: "600100205,0", "6.00100205E8".
    cell = unshortened(cell.replace(/^(\+?\d{7,15})[.,]0{1,2}$/, '$1'))
    // Before it is split: "4,85018E+10", as most of Europe writes it, is not two numbers.
    if (isScientific(cell)) return fail(into, column, { key: 'imports.wrong.scientific' })
    for (const typed of splitNumbers(whole === undefined ? cell : `${cell}\n`)) {
      const short = clean('phone', typed, into, column)
      if (!short) continue
      if (isScientific(short)) {
        fail(into, column, { key: 'imports.wrong.scientific' })
        continue
      }
      if (!/\d/.test(short)) {
        if (!saysNothing(short)) fail(into, column, { key: 'phones.no_digits' })
        continue
      }
      const number = numberOf(short, country)
      if (into.phones.some(other => number.e164 ? other.e164 === number.e164 && other.display === number.display : other.typed === number.typed)) continue
      if (into.phones.length < MOST_CONTACTS) into.phones.push({ ...number, type_id: type, ...(whole !== undefined && whole !== short && { whole }) })
    }
  }

  function emails (cell: string, into: Gathered, column: number): void {
    for (const part of splitValues(cell)) {
      if (saysNothing(part)) continue
      for (const address of addressesIn(part)) {
        if (!isEmail(address)) fail(into, column, { key: 'form.email' })
        else if (into.emails.length < MOST_CONTACTS && !into.emails.some(other => other.address.toLowerCase() === address.toLowerCase())) into.emails.push({ address })
      }
    }
  }

  function tags (cell: string, into: Gathered, column: number): void {
    for (const part of splitValues(cell)) {
      if (isNoTag(part)) continue
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
      else if (isNone(name)) return
      else if (creates && name.length <= 100) into[field] = name
      else fail(into, column, { key: `imports.wrong.${field}`, values: { name } })
    }
  }

  function discountReader (of: 'services' | 'products'): Reader {
    const known = new Map(plan.priceTypes)
    return (cell, into, column) => {
      const price = known.get(folded(cell)) ?? known.get(folded(cell.replace(/ \([+−-]?[\d.,]+ ?%\)$/, ''))) // as it stands in lists: "Wholesale (+15%)"
      if (price) {
        into[`price_type_${of}_id`] = price
        into[`discount_${of}`] = 0
        return
      }
      if (saysNothing(cell)) return
      const { value, error } = readOne(discount, cell)
      if (error) fail(into, column, error)
      else into[`discount_${of}`] = value as number
    }
  }

  function ownReader (field: OwnField): Reader {
    const schema = schemaOf(field, timeZone, decimalMark)
    const name = nameOf(field)
    const options = new Map(field.options.flatMap(({ id, labels }) => Object.values(labels).map((label): [string, number] => [folded(label), id])))
    const creates = plan.creates.includes('choices')
    const typed = (cell: string, column: number): string | undefined => {
      switch (field.kind) {
        case 'date': return dayOf(dated(cell), daysOf(column))
        case 'date_time': return momentOf(dated(cell), daysOf(column))
        case 'yes_no': {
          const answer = answerOf(cell)
          return answer === null ? undefined : answer ? 'yes' : 'no'
        }
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
          if (!id && saysNoChoice(label)) continue
          if (id) {
            if (!into.own.some(value => value.option_id === id)) into.own.push({ field_id: field.id, position, option_id: id })
          } else if (creates && label.length <= 100) {
            if (!into.own.some(value => value.field_id === field.id && value.option && folded(value.option) === folded(label))) into.own.push({ field_id: field.id, position, option: label })
          } else fail(into, column, { key: 'imports.wrong.choice', values: { name: label } })
        }
      }
    }
    const isText = field.kind === 'short_text' || field.kind === 'long_text'
    return (cell, into, column) => {
      if ((field.kind === 'date' || field.kind === 'date_time') && isNoDay(cell)) return
      if (field.kind === 'unique_id' && isShortened(cell)) return fail(into, column, { key: 'imports.wrong.scientific' })
      const read = typed(cell, column)
      // "No" is an answer where one is asked for; a text may be any words.
      if (!isText && !(field.kind === 'yes_no' && read !== undefined) && (field.kind === 'unique_id' ? isNone(cell) : saysNothing(cell))) return
      const { value, error } = readOne(schema, read ?? cell)
      if (error) into.problems.push({ column, field: name, ...error })
      else if (!isNothing(value as OwnValue)) into.own.push(...rowsOf(field, value as OwnValue) as CheckedValue[])
    }
  }

  function consentReader (channel: ConsentChannel): Reader {
    return (cell, into, column) => {
      if (!plan.consents) return
      const answer = answerOf(cell)
      if (answer !== null) into.consents[channel] = { column, said: answer }
      else if (!saysNothing(cell)) into.consents[channel] = { column, said: channel === 'email' ? splitValues(cell) : splitNumbers(cell) }
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
}

/** Whether a text is just what the form's schema would make of it: printed letters that are composed already, no space around. */
const isPlain = (cell: string): boolean => /^[!-~\u00a1-\u024f](?:[ -~\u00a1-\u024f]*[!-~\u00a1-\u024f])?$/.test(cell)

/** Where a spreadsheet was told to show plain numbers, a date comes as the count of its days: "46080" is 2026-02-27. Those of 1954 to 2064. */
const dated = (cell: string): string => /^[2-5]\d{4}(\.\d+)?$/.test(cell) ? formatted(cell, cell.includes('.') ? 'moment' : 'date', false) : cell

/** What programs write where there is no day: Outlook's "0/0/00", MySQL's "0000-00-00 00:00:00". */
const isNoDay = (cell: string): boolean => /^0+([./-])0+\1[0 :]+$/.test(cell)

/** The addresses of a part of a cell: alone, as a letter has it ("Anna <anna@example.org>"), or several with a word, a slash or nothing between them. What isn't made of addresses alone stays as it is. */
function addressesIn (part: string): string[] {
  const plain = part.replace(/^mailto:/i, '').replace(/^[^<>@]*<([^<>]+)>$/, '$1').replace(/\.$/, '')
  if (isEmail(plain)) return [plain]
  const several = splitWords(plain)
  return several.every(isEmail) ? several : [plain]
}

/** A cell that says in words that there is nothing is as good as empty. */
const unlessNothing = (read: Reader, isEmpty = saysNothing): Reader => (cell, into, column) => { if (!isEmpty(cell)) read(cell, into, column) }
