import { folded, SURNAME_FIRST, withoutHint, type SurnameFirst } from '../columns/names.js'

// What stands before a name and is none, in four languages; with its dot those that may be the beginning of a company's.
const TITLE = /^(?:(?:dr|drª|dra|prof|profa|profª|mgr|inż|sr|sra|srª|srta|mr|mrs|ms|mec)\.?|(?:hab|lek|med|n|lic|ing|eng|engª|enga|arq|abog|adw|ks|d|dª|doc|dott)\.|pani?|don|doña|dona)$/iu
// Those that stand before a first name: "Don Juan".
const OF_FIRST_NAME = /^(?:don|doña|dona|d\.|dª\.?)$/i

export interface Halves { first: string, surname: string }

/** A whole name in two, the first name with the titles before it: "dr Jan | Kowalski". Of a title and one word more the word is a surname: "Sra. García". */
export function halvesOf (name: string): Halves {
  const words = name.split(/\s+/)
  const titles = titlesIn(words)
  if (titles === 0 || titles === words.length) return { first: words[0] ?? '', surname: words.slice(1).join(' ') }
  if (words.length === titles + 1) return OF_FIRST_NAME.test(words[0]!) ? { first: name, surname: '' } : { first: '', surname: words.join(' ') }
  return { first: words.slice(0, titles + 1).join(' '), surname: words.slice(titles + 1).join(' ') }
}

function titlesIn (words: readonly string[]): number {
  const other = words.findIndex(word => !TITLE.test(word))
  return other < 0 ? words.length : other
}

// Words of companies, and what joins two people into one.
const NO_PERSON = /(?:^|[\s,])(?:i|and|&|oraz|wspólnicy|synowie|partnerzy|partners|associates|sons|asociados|associados|hijos|filhos|hermanos|irmãos|group|spółka|firma)\.?(?=$|[\s,])/iu
// What may stand behind the comma of somebody else.
const NO_FIRST_NAME = /^(?:inc|ltd|llc|llp|plc|lda|ltda|gmbh|corp|co|sas?|slu?|sc|srl|sp|spj|spk|me|epp|eireli|unipessoal|jr|junior|senior|filho|neto|phd|md|esq)(?:[\s.]|$)|^s\.? ?[acjklpr]\b|^z ?o\.? ?o/iu
const NAME = /^\p{L}[\p{L}\p{M}'’.ª-]*$/u
const PARTICLE = /^(?:de|del|la|las|los|da|das|do|dos|di|van|von|der|den|y|e)$/i
const MOST_WORDS = 4

/** A name whose surname stands first, in two; null when it isn't one: "Smith, Inc.", "Nowak, Kowalski i Wspólnicy". A title may stand before either. */
export function surnameFirst (name: string, how: SurnameFirst): Halves | null {
  if (NO_PERSON.test(name)) return null
  const parts = name.split(',').map(part => part.trim())
  const [surnames = [], firsts = []] = parts.length > 1 ? parts.map(part => part.split(/\s+/)) : how === 'words' ? bareHalves(name) : []
  if (parts.length > 2 || NO_FIRST_NAME.test(firsts.join(' ')) || surnames.length > MOST_WORDS || firsts.length > MOST_WORDS) return null
  const titles = titlesIn(surnames)
  if (titles === surnames.length || titlesIn(firsts) === firsts.length || ![...surnames, ...firsts].every(word => NAME.test(word))) return null
  return { first: [...surnames.slice(0, titles), ...firsts].join(' '), surname: surnames.slice(titles).join(' ') }
}

// Of two words it is plain which is which.
function bareHalves (name: string): string[][] {
  const words = name.split(/\s+/)
  return words.length === titlesIn(words) + 2 ? [words.slice(0, -1), words.slice(-1)] : []
}

// Where people have two surnames.
const TWO_SURNAMES = new Set('ES PT BR MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY PR AO MZ'.split(' '))
const MOST = 2 / 3

/**
 * Whether a column's names have their surname first: as its name says, or as most of its cells do. Before the comma stands one word mostly: "Jan Nowak, Kraków"
 * has two, as surnames have only in some countries.
 */
export function howSurnameFirst (header: string, cells: readonly string[], country: string): SurnameFirst | null {
  const called = SURNAME_FIRST.get(folded(withoutHint(header)))
  if (called) return called
  const filled = cells.filter(cell => cell !== '' && !NO_PERSON.test(cell))
  const read = filled.flatMap(cell => surnameFirst(cell, 'comma') ?? [])
  if (read.length === 0 || read.length * 2 <= filled.length) return null
  const isOne = ({ surname }: Halves) => surname.split(' ').filter(word => !PARTICLE.test(word)).length === 1
  return TWO_SURNAMES.has(country) || read.filter(isOne).length >= read.length * MOST ? 'comma' : null
}
