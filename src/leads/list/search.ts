import type { Knex } from 'knex'
import { SHORT, termsFor, wholeContact, type Term } from '../../clients/list/search.js'
import { seesContacts } from '../../clients/masking.js'
import { readNumber } from '../../clients/phones/number.js'
import { SEES_CLIENTS, seesClients, visibleTo } from '../../clients/visibility.js'
import { anywhere, atStart } from '../../database/like.js'
import type { Viewer } from '../../web/viewer.js'

const OF_NUMBER = 'leads.id = any (array(select lead_id from lead_phones where e164 = ?))'

/**
 * Leaves the leads that match every term: by their number, contact name or phones, or by their client's names or contacts, for those who may see that
 * client; anywhere, what is short at the beginning of a word. Who may not see contacts in full can't feel their way to a phone digit by digit: for them
 * only a whole one matches.
 */
export function matching (viewer: Viewer, q: string) {
  return (query: Knex.QueryBuilder): void => {
    if (q === '') return
    query.where(some => {
      some.where(all => { for (const term of termsFor(viewer, q)) all.where(either => { found(either, viewer, term) }) })
      if (seesContacts(viewer)) return
      const { e164 } = readNumber(q, viewer.organisation.country)
      if (e164) some.orWhereRaw(OF_NUMBER, [e164])
      const [holders, value] = wholeContact(viewer, q)
      if (holders) orOfClient(some, viewer, client => { client.whereRaw(`leads.client_id = any (array(${holders}))`, [value]) })
    })
  }
}

function found (either: Knex.QueryBuilder, viewer: Viewer, { words, part }: Term): void {
  const everyWord = (column: string) => (query: Knex.QueryBuilder) => { for (const word of words) query.whereRaw(has(column, word), [word]) }
  const inContacts = seesContacts(viewer) && part.length >= SHORT
  either.where(everyWord('leads.search'))
  if (inContacts && /^\d+$/.test(part)) either.orWhereRaw(has('leads.search_phones', part), [part])
  orOfClient(either, viewer, client => {
    client.where(known => {
      known.where(everyWord('leads.client_names'))
      if (inContacts) known.orWhereRaw(has('leads.client_contacts', part), [part])
    })
  })
}

// Words in these columns stand behind a blank each: see migrations/0032_search_leads.ts.
const has = (column: string, text: string): string => `${column} like ${[...text].length < SHORT ? `'% ' || ${atStart('fold(?)')}` : anywhere('fold(?)')}`

/** Or what is known of the lead's client, if the viewer may see that client. */
function orOfClient (either: Knex.QueryBuilder, viewer: Viewer, isSo: (client: Knex.QueryBuilder) => void): void {
  const [some, all] = [seesClients(viewer), SEES_CLIENTS.every(right => viewer.can(right))]
  if (!some) return
  either.orWhere(client => {
    isSo(client)
    if (!all) client.whereExists(query => { query.from('clients').whereRaw('clients.id = leads.client_id').modify(visibleTo(viewer)) })
  })
}
