import type { Knex } from 'knex'
import { isEmail } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { seesContacts } from '../masking.js'
import { readNumber } from '../phones/number.js'

const MOST_TERMS = 8

// A run of digits with what people put between them: "+48 600-12", "(91) 234 5".
const PHONE_LIKE = /\+?\(?\d[\d\s().\-/]*\d/g

export interface Terms { words: string[], numbers: string[] }

/** Splits what was typed into words, all of which have to be found, and parts of phone numbers without prefix signs or leading zeros. */
export function readTerms (q: string): Terms {
  const numbers: string[] = []
  const rest = q.replace(PHONE_LIKE, run => {
    const digits = run.replace(/\D/g, '').replace(/^0+(?=\d)/, '')
    // Short runs ("2000 12") may as well stand in a company's name: they are looked for as words too.
    if (digits.length < 3) return run
    numbers.push(digits)
    return ' '
  })
  const words = rest.split(/\s+/).filter(Boolean)
  return { words: words.slice(0, MOST_TERMS), numbers: numbers.slice(0, MOST_TERMS) }
}

const like = (word: string) => word.replace(/[\\%_]/g, '\\$&')

/**
 * Leaves the clients that match every term, in name, tag, phone or e-mail, anywhere, accents and case ignored.
 * Someone who may not see contacts in full can't feel their way to a number digit by digit either: for them only a whole
 * number or address matches.
 */
export function matching (viewer: Viewer, q: string) {
  return (query: Knex.QueryBuilder) => {
    if (q === '') return
    if (!seesContacts(viewer)) {
      const whole = wholeContact(viewer, q)
      if (whole) query.where(either => either.whereIn('clients.id', whole(query)).orWhere(names => everyWord(names, q.split(/\s+/))))
      else everyWord(query, q.split(/\s+/))
      return
    }
    const { words, numbers } = readTerms(q)
    for (const word of words) {
      query.whereRaw("(clients.search_names like '%' || fold(?) || '%' or clients.search_contacts like '%' || lower(?) || '%')", [like(word), like(word)])
    }
    for (const digits of numbers) {
      query.whereRaw("(clients.search_contacts like '%' || ? || '%' or clients.search_names like '%' || ? || '%')", [digits, digits])
    }
  }
}

function everyWord (query: Knex.QueryBuilder, words: string[]): void {
  for (const word of words.slice(0, MOST_TERMS)) query.whereRaw("clients.search_names like '%' || fold(?) || '%'", [like(word)])
}

function wholeContact (viewer: Viewer, q: string): ((query: Knex.QueryBuilder) => Knex.QueryBuilder) | null {
  const { e164 } = readNumber(q, viewer.organisation.country)
  if (e164) return query => query.client.queryBuilder().from('client_phones').where({ e164 }).whereNull('removed_at').select('client_id')
  if (isEmail(q)) return query => query.client.queryBuilder().from('client_emails').where({ address_key: q.toLowerCase() }).whereNull('removed_at').select('client_id')
  return null
}
