import type { Knex } from 'knex'
import { anywhere } from '../../database/like.js'
import { isEmail } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { seesContacts } from '../masking.js'
import { readNumber } from '../phones/number.js'

const MOST_TERMS = 8

// A run of digits with what people put between them: "+48 600-12", "(91) 234 5", "+44 (0)20".
const PHONE_LIKE = /\+?\(?\d(?:[\d\s().\-/]*\d)?/g

/** Something that has to be found: its words all in the name, or `part` in the phones and e-mails (with `starts`, at the start of one). */
export interface Term { words: string[], part: string, starts?: boolean }

/** Splits what was typed into terms. Digits of a phone lose the signs before and between them, and leading noughts. */
export function readTerms (q: string): Term[] {
  const numbers: Term[] = []
  const rest = q.replace(PHONE_LIKE, run => {
    const digits = run.replaceAll('(0)', '').replace(/\D/g, '').replace(/^0+(?=\d)/, '')
    const starts = digits.length < 3
    // Short runs ("Studio 54") are words, unless they say themselves that they are a country's code.
    if (starts && !/^(\+|00)/.test(run)) return run
    numbers.push({ words: split(run), part: digits, starts })
    return ' '
  })
  return [...split(rest).map(word => ({ words: [word], part: word })), ...numbers].slice(0, MOST_TERMS)
}

const split = (text: string) => text.split(/\s+/).filter(Boolean).slice(0, MOST_TERMS)

const HAS_WORD = `clients.search_names like ${anywhere('fold(?)')}`
const HAS_PART = `clients.search_contacts like ${anywhere('lower(?)')}`
const STARTS = "(clients.search_contacts like ? || '%' or clients.search_contacts like '% ' || ? || '%')"

/**
 * Leaves the clients that match every term, in name, tag, phone or e-mail, anywhere, accents and case ignored.
 * Someone who may not see contacts in full can't feel their way to a number digit by digit either: for them only a whole
 * number or address matches.
 */
export function matching (viewer: Viewer, q: string) {
  return (query: Knex.QueryBuilder) => {
    if (q === '') return
    if (!seesContacts(viewer)) {
      const [whole, value] = wholeContact(viewer, q)
      if (whole === null) return everyWord(query, split(q))
      query.where(either => { either.whereRaw(whole, [value]).orWhere(names => everyWord(names, split(q))) })
      return
    }
    for (const { words, part, starts } of readTerms(q)) {
      query.where(either => {
        either.whereRaw(starts ? STARTS : HAS_PART, starts ? [part, part] : [part]).orWhere(names => everyWord(names, words))
      })
    }
  }
}

function everyWord (query: Knex.QueryBuilder, words: string[]): void {
  for (const word of words) query.whereRaw(HAS_WORD, [word])
}

// An array of ids, because Postgres can look up an array's members beside another index, and a subquery's only by reading all clients.
const BY_PHONE = 'clients.id = any (array(select client_id from client_phones where e164 = ? and removed_at is null))'
const BY_EMAIL = 'clients.id = any (array(select client_id from client_emails where address_key = ? and removed_at is null))'

function wholeContact (viewer: Viewer, q: string): [sql: string, value: string] | [null, null] {
  const { e164 } = readNumber(q, viewer.organisation.country)
  if (e164) return [BY_PHONE, e164]
  return isEmail(q) ? [BY_EMAIL, q.toLowerCase()] : [null, null]
}
