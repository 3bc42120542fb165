import { isCompanyName } from '../../clients/company-name.js'
import { saysNoCompany, saysNothing } from '../columns/nothing.js'
import { halvesOf, surnameFirst } from './halves.js'
import { folded } from '../columns/names.js'
import type { Gathered } from './checked.js'

/** What the names of a row make: a person's or a company's. `isOwn`: they are those of a client of ours. */
export function settleName (into: Gathered, isOwn = false): void {
  leaveNothings(into, isOwn)
  const isPerson = into.first_name !== null || into.surname !== null
  const isCompany = into.isCompany ?? (!isPerson && (into.company_name !== null || isCompanyName(into.name)))
  into.kind = isCompany ? 'company' : 'person'
  if (isCompany) {
    const named = [into.name, into.first_name, into.surname].filter(Boolean).join(' ')
    // Who answers for it there has no field of a company's.
    if (into.company_name !== null && named !== '' && folded(named) !== folded(into.company_name)) keepInNote(into, named)
    into.company_name ??= named || null
    into.first_name = into.surname = null
    return
  }
  if (!isPerson) {
    const { first, surname } = (into.surnameFirst && surnameFirst(into.name, into.surnameFirst)) || halvesOf(into.name || into.company_name || '')
    into.first_name = first.slice(0, 100) || null
    into.surname = surname.slice(0, 100) || null
    if (into.name === '') into.company_name = null
  }
  // A person's form has no company: nothing of the file is lost without a word.
  if (into.company_name !== null) keepInNote(into, into.company_name)
  into.company_name = null
}

function keepInNote (into: Gathered, words: string): void { into.note = [words, into.note].filter(Boolean).join('\n') }

/** A name may be any words, but "-" beside another says that there is no other half, and "brak" or "n/a" beside a person that there is no company. */
function leaveNothings (into: Gathered, isOwn: boolean): void {
  if (!isOwn && into.first_name !== null && into.surname !== null) {
    if (isSigns(into.surname)) into.surname = null
    else if (isSigns(into.first_name)) into.first_name = null
  }
  if (isOwn && into.isCompany) return
  if (into.company_name === null || !saysNothing(into.company_name)) return
  const isNamed = into.name !== '' || into.first_name !== null || into.surname !== null
  if (!isSigns(into.company_name) && !isNamed) return
  // "Nada" may be one: it is kept, but whoever is named beside it isn't called so.
  if (!isOwn && !into.isCompany && !saysNoCompany(into.company_name)) keepInNote(into, into.company_name)
  else if (!saysNoCompany(into.company_name)) return
  into.company_name = null
}

const isSigns = (name: string): boolean => saysNothing(name) && !/\p{L}/u.test(name)
