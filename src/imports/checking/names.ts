import { saysNothing } from '../columns/nothing.js'
import type { Gathered } from './checked.js'

// What says itself that it is a company, at the end of a name.
const LEGAL_FORM = /(^|[\s,.])(sp\.? ?z ?o\.? ?o\.?|sp\. ?[jkp]\.?|s\.? ?k\.? ?a\.?|s\.a\.?|s\.l\.?u?\.?|s\.c\.?|s\.r\.l\.?|spółka( \p{L}+)*|l\.?t\.?d\.?a\.?|ltd\.?|llc|inc\.?|gmbh|e\.?i\.?r\.?l\.?|unipessoal)$/iu

/** What the names of a row make: a person's or a company's. `isOwn`: they are those of a client of ours. */
export function settleName (into: Gathered, isOwn = false): void {
  leaveNothings(into, isOwn)
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

/** A name may be any words, but "-" beside another says that there is no other half, and "brak" or "n/a" beside a person that there is no company. */
function leaveNothings (into: Gathered, isOwn: boolean): void {
  if (!isOwn && into.first_name !== null && into.surname !== null) {
    if (isSigns(into.surname)) into.surname = null
    else if (isSigns(into.first_name)) into.first_name = null
  }
  if (isOwn && into.isCompany) return
  if (into.company_name !== null && (isSigns(into.company_name) || (saysNothing(into.company_name) && (into.name !== '' || into.first_name !== null || into.surname !== null)))) into.company_name = null
}

const isSigns = (name: string): boolean => saysNothing(name) && !/\p{L}/u.test(name)
