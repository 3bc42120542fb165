import type { Knex } from 'knex'
import { matching as matchingClients, readTerms, type Term } from '../../clients/list/search.js'
import { seesContacts } from '../../clients/masking.js'
import { readNumber } from '../../clients/phones/number.js'
import { SEES_CLIENTS, visibleTo } from '../../clients/visibility.js'
import { anywhere } from '../../database/like.js'
import type { Viewer } from '../../web/viewer.js'

// Arrays of ids, because Postgres can look up an array's members beside another index.
const OF_PHONE = `leads.id = any (array(select lead_id from lead_phones where digits like ${anywhere('?')}))`
const OF_NUMBER = 'leads.id = any (array(select lead_id from lead_phones where e164 = ?))'

const PART_OF_PHONE = /^\d{3,}$/

/**
 * Leaves the leads whose number, contact name and phones have everything that is searched for somewhere, or whose client is found by it. Who may
 * not see contacts in full can't feel their way to a phone digit by digit: for them only a whole one matches.
 */
export function matching (viewer: Viewer, q: string) {
  return (query: Knex.QueryBuilder): void => {
    if (q === '') return
    const full = seesContacts(viewer)
    query.where(some => {
      some.where(own => {
        for (const term of full ? readTerms(q) : [{ words: q.split(/\s+/).slice(0, 8), part: '' }]) own.where(either => { found(either, term) })
      })
      const { e164 } = full ? { e164: null } : readNumber(q, viewer.organisation.country)
      if (e164) some.orWhereRaw(OF_NUMBER, [e164])
      if (SEES_CLIENTS.some(right => viewer.can(right))) {
        const clients = query.client.queryBuilder().from('clients').modify(visibleTo(viewer)).modify(matchingClients(viewer, q)).select('clients.id')
        some.orWhereRaw('leads.client_id = any (array(?))', [clients])
      }
    })
  }
}

function found (query: Knex.QueryBuilder, { words, part }: Term): void {
  query.where(all => { for (const word of words) all.whereRaw(`leads.search like ${anywhere('fold(?)')}`, [word]) })
  if (PART_OF_PHONE.test(part)) query.orWhereRaw(OF_PHONE, [part])
}
