import type { Knex } from 'knex'
import { anywhere } from '../../database/like.js'
import { PREPARED, type Db } from '../../database/knex.js'
import { isEmail } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { seesContacts } from '../masking.js'
import { readNumber } from '../phones/number.js'
import type { ClientFilter } from './filter.js'

const MOST_TERMS = 8

// A run of digits with what people put between them: "+48 600-12", "(91) 234 5", "+44 (0)20". What goes on behind it, as "4x4" or "100%", is a word.
const PHONE_LIKE = /\+?\(?\d(?:[\d\s().\-/]*\d)?(?![\p{L}\d%@_\-./]*[\p{L}%@_])/gu

/** Something that has to be found: its words all in the name, or `part` in the phones and e-mails. One that `starts` has to be the beginning of a word. */
export interface Term { words: string[], part: string, starts?: boolean }

/** Splits what was typed into terms. Digits of a phone lose the signs before and between them, and leading noughts. */
export function readTerms (q: string): Term[] {
  const numbers: Term[] = []
  const rest = q.replace(PHONE_LIKE, run => {
    const digits = run.replaceAll('(0)', '').replace(/\D/g, '').replace(/^0+(?=\d)/, '')
    const starts = digits.length < SHORT
    // Short runs ("Studio 54") are words, unless they say themselves that they are a country's code.
    if (starts && !/^(\+|00)/.test(run)) return run
    numbers.push({ words: split(run), part: digits, starts })
    return ' '
  })
  return [...split(rest).map(word => ({ words: [word], part: word, starts: [...word].length < SHORT })), ...numbers].slice(0, MOST_TERMS)
}

/** So many letters make a trigram. What is shorter stands in nearly every name somewhere, and is only looked for at the beginning of words. */
export const SHORT = 3

const split = (text: string) => text.split(/\s+/).filter(Boolean).slice(0, MOST_TERMS)

const HAS_WORD = `clients.search_names like ${anywhere('fold(?)')}`
// The index of names and contacts finds a part of a number or an address.
const [BOTH, PART] = ["clients.search_names || ' ' || clients.search_contacts", anywhere('lower(?)')]
const HAS_PART = `((${BOTH}) like ${PART} and clients.search_contacts like ${PART})`
const HAS_EITHER = `(${BOTH}) like ${anywhere('fold(?)')}`

/** SQL for the words in `table` that begin with a term, of those the viewer may search; it takes the term twice. */
const begins = (viewer: Viewer, table: string) => `${table}.word >= left(fold(?), 100) and ${table}.word < left(fold(?), 100) || chr(1114111)${seesContacts(viewer) ? '' : ` and not ${table}.contact`}`

const anyBegins = (viewer: Viewer, { part }: Term, client = 'clients.id'): [sql: string, bindings: string[]] => [`exists (select from client_words x where x.client_id = ${client} and ${begins(viewer, 'x')})`, [part, part]]

/**
 * Leaves the clients that match every term, in name, tag, phone or e-mail, anywhere (a short one: at the beginning of a word), accents and case ignored.
 * Someone who may not see contacts in full can't feel their way to a number digit by digit either: for them only a whole
 * number or address matches.
 */
export function matching (viewer: Viewer, q: string) {
  return (query: Knex.QueryBuilder) => {
    if (q === '') return
    const names = (part: Knex.QueryBuilder) => { for (const term of termsFor(viewer, q)) everyWord(part, viewer, term) }
    const [whole, value] = wholeContact(viewer, q)
    if (whole !== null) {
      // An array of ids, because Postgres can look up an array's members beside another index, and a subquery's only by reading all clients.
      query.where(either => { either.whereRaw(`clients.id = any (array(${whole}))`, [value]).orWhere(part => { names(part) }) })
      return
    }
    if (!seesContacts(viewer)) return names(query)
    for (const term of termsFor(viewer, q)) {
      if (term.starts) query.whereRaw(...anyBegins(viewer, term))
      else if (isPlain(term)) query.whereRaw(HAS_EITHER, [term.part])
      else query.where(either => { either.whereRaw(HAS_PART, [term.part, term.part]).orWhere(part => { everyWord(part, viewer, term) }) })
    }
  }
}

/** The terms of what was typed, as this viewer may search: to whom numbers are closed, digits are words as any other. */
export const termsFor = (viewer: Viewer, q: string): Term[] =>
  seesContacts(viewer) ? readTerms(q) : split(q).map(word => ({ words: [word], part: word, starts: [...word].length < SHORT }))

function everyWord (query: Knex.QueryBuilder, viewer: Viewer, term: Term): void {
  if (term.starts) query.whereRaw(...anyBegins(viewer, term))
  else for (const word of term.words) query.whereRaw(HAS_WORD, [word])
}

/** Whether a term is looked for as it stands in names and contacts alike: contacts keep their accents, and a number in them has lost its signs. */
const isPlain = ({ words, part }: Term): boolean => words.length === 1 && words[0] === part && /^[\x21-\x7e]+$/.test(part)

const WITH_PHONE = 'select client_id from client_phones where e164 = ? and removed_at is null'
const WITH_EMAIL = 'select client_id from client_emails where address_key = ? and removed_at is null'

/** SQL for the clients with a whole number or address, which is all that can be found of them where contacts are masked; null where it is no such search. */
export function wholeContact (viewer: Viewer, q: string): [sql: string, value: string] | [null, null] {
  if (seesContacts(viewer)) return [null, null]
  const { e164 } = readNumber(q, viewer.organisation.country)
  if (e164) return [WITH_PHONE, e164]
  return isEmail(q) ? [WITH_EMAIL, q.toLowerCase()] : [null, null]
}

/** A search as it is best carried out: `lead` is the term that the fewest words begin with, and leads through the index. */
export interface Search {
  lead: Term
  others: Term[]
  /** Whether somebody may have a word that begins with each of the terms. */
  begins: boolean
  /** Whether a term can be found inside of words, too. */
  inside: boolean
  /** Of whose words alone, as the words themselves tell. */
  only?: 'supplier' | 'archived'
}

// As far as it matters which of two terms is rarer.
const COUNTED = 1000

/** Finds how a search is best carried out; null where it goes by no words: there is none, or it is for a whole number or address. */
export async function planSearch (db: Db, viewer: Viewer, { q, show }: Pick<ClientFilter, 'q' | 'show'>): Promise<Search | null> {
  if (q === '' || wholeContact(viewer, q)[0] !== null) return null
  const terms = termsFor(viewer, q)
  if (terms.length === 0) return null
  const inside = terms.some(({ starts }) => !starts)
  const of = { inside, ...(show === 'suppliers' && { only: 'supplier' as const }), ...(show === 'archived' && { only: 'archived' as const }) }
  if (terms.length === 1) return { lead: terms[0]!, others: [], begins: true, ...of }
  const { rows: [{ counts }] } = await db.raw(`select array[${terms.map(() => `(select count(*) from (select from client_words w where ${begins(viewer, 'w')} limit ${COUNTED}) as begun)`).join(', ')}]::int[] as counts`, terms.flatMap(({ part }) => [part, part])).options(PREPARED)
  const [lead, ...others] = terms.map((term, n) => ({ term, count: counts[n] as number })).toSorted((a, b) => a.count - b.count || b.term.part.length - a.term.part.length)
  return { lead: lead!.term, others: others.map(({ term }) => term), begins: lead!.count > 0, ...of }
}

/** The words that begin with the leading term, as `w`, but for those of most clients who lack one of the others. */
function leading (viewer: Viewer, { lead, others, only }: Search) {
  return (query: Knex.QueryBuilder) => {
    query.whereRaw(begins(viewer, 'w'), [lead.part, lead.part]).modify(marked({ others }))
    if (only) query.where(`w.${only}`, true)
  }
}

// Asked of each client that is met, in order, until the page is full: what Postgres makes of an `exists` is to read all who have the other word, and sort.
function withOthers (viewer: Viewer, { others }: Search, client: string) {
  return (query: Knex.QueryBuilder) => {
    for (const { part } of others) query.whereRaw(`coalesce((select true from client_words x where x.client_id = ${client} and ${begins(viewer, 'x')} limit 1), false)`, [part, part])
  }
}

/** Joins, as `w`, the word by which each client is found whose words begin with all terms: the first of them that begins with the leading one. */
export function beginning (viewer: Viewer, search: Search) {
  return (query: Knex.QueryBuilder) => {
    query.joinRaw('join client_words w on w.client_id = clients.id').modify(leading(viewer, search)).modify(withOthers(viewer, search, 'w.client_id'))
    query.whereRaw(`not exists (select from client_words x where x.client_id = w.client_id and x.word >= left(fold(?), 100) and x.word < w.word${seesContacts(viewer) ? '' : ' and not x.contact'})`, [search.lead.part])
  }
}

/** Passes over most of those who lack one of the other words. */
function marked ({ others }: Pick<Search, 'others'>) {
  return (query: Knex.QueryBuilder) => {
    if (others.length === 0) return
    // Said so that Postgres takes it for a coin's toss: what it would make of it by itself is that nearly none are left, and sorts all.
    const marks = others.map(() => 'word_marks(fold(?))').join(' | ')
    query.whereRaw(`coalesce(w.marks & (${marks}) = (${marks}), false)`, [...others, ...others].map(({ part }) => part))
  }
}

/** Leaves those that `beginning` doesn't. */
export function notBeginning (viewer: Viewer, { lead, others }: Search) {
  return (query: Knex.QueryBuilder) => {
    const all = [lead, ...others].map(term => anyBegins(viewer, term))
    query.whereRaw(`not (${all.map(([sql]) => sql).join(' and ')})`, all.flatMap(([, bindings]) => bindings))
  }
}

/** How many there are; or at least, where it would take longer to count them all. */
export interface Counted { count: number, isAtLeast: boolean }

// So many words are looked at for a count: those of clients that are looked into one by one cost ten times as much.
const WORDS_COUNTED = 1800
const CLIENTS_COUNTED = 1000

/** How many of the clients that are there (or archived, if those are looked for) `beginning` finds and `narrow` leaves, up to `limit`. */
export async function countBeginning (db: Db, viewer: Viewer, search: Search, limit: number, narrow: ((query: Knex.QueryBuilder) => void) | null): Promise<Counted> {
  const most = narrow || search.others.length > 0 ? CLIENTS_COUNTED : WORDS_COUNTED
  const words = db('client_words as w').modify(leading(viewer, search)).limit(most, { skipBinding: true }).select('w.client_id')
  if (search.only !== 'archived') words.where('w.archived', false)
  const [clients, suppliers] = [viewer.can('clients.view'), viewer.can('suppliers.view')]
  if (!clients || !suppliers) words.where('w.supplier', suppliers)
  const some = db('words').distinct('client_id').limit(limit, { skipBinding: true }).modify(withOthers(viewer, search, 'words.client_id'))
  if (narrow) some.whereExists(db('clients').whereRaw('clients.id = words.client_id').modify(narrow))
  const [{ looked, count }] = await db.with('words', words).from(some.as('some')).select(db.raw('(select count(*) from words) as looked, count(*) as count')).options(narrow ? {} : PREPARED) as unknown as [{ looked: number, count: number }]
  return { count, isAtLeast: looked === most || count === limit }
}
