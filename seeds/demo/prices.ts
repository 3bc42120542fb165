import type { Db } from '../../src/database/knex.js'

/** A price type that clients can have instead of a discount. */
export interface Price { id: number, name: string, mark_up: number }

/** The last is not offered any more. */
const PRICE_TYPES = [
  { name: 'Wholesale', mark_up: 15 },
  { name: 'Partner workshops', mark_up: 5 },
  { name: 'Staff', mark_up: 0 },
  { name: 'Charity', mark_up: -20 },
  { name: 'Opening weeks', mark_up: 10, retired: true }
]

/** Makes the demo's price types. */
export async function makePrices (trx: Db, since: Date, until: Date): Promise<Price[]> {
  const rows: { id: number }[] = await trx('price_types').insert(PRICE_TYPES.map(({ name, mark_up, retired }, position) => ({ name, mark_up, position, created_at: since, retired_at: retired ? until : null }))).returning('id')
  return PRICE_TYPES.map(({ name, mark_up }, n) => ({ id: rows[n]!.id, name, mark_up }))
}

/** The price type of a client without discount, if it has one: one company in nine and a few people do. */
export function priceOf ({ id, kind, is_supplier }: { id: number, kind: 'person' | 'company', is_supplier: boolean }, prices: readonly Price[]): Price | undefined {
  if (is_supplier || id % (kind === 'company' ? 9 : 89) !== 0) return undefined
  return prices[kind === 'company' ? id % 2 : id % 7 === 0 ? 4 : 2 + id % 2]
}
