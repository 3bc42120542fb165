import { countPriced, findPriced, holdPriced, replacePrices } from '../clients/choices/queries.js'
import type { Choice, ChoiceList } from '../choices/choice.js'
import { readPriceTypeForm, type PriceTypeValues } from './form.js'

/** What goods and work cost certain clients: so many per cent more than they cost the company, or less. */
export interface PriceType extends Choice { mark_up: number }

const named = ({ id, name, mark_up }: PriceType) => ({ id, name, mark_up })

/** Settings > Price types. */
export const priceTypes: ChoiceList<PriceType, PriceTypeValues> = {
  table: 'price_types',
  columns: ['mark_up::float8 as mark_up'],
  url: '/settings/price-types',
  words: 'price_types',
  can: 'settings.manage',
  audit: 'lists.price_types',
  mayBeNone: true,
  href: id => `/clients?price=${id}`,
  read: readPriceTypeForm,
  typed: ({ name, mark_up }) => ({ name: name ?? '', mark_up: String(mark_up) }),
  audited: values => values,
  count: countPriced,
  findUse: findPriced,
  hold: holdPriced,
  replace: (trx, by, from, to) => replacePrices(trx, by, from.map(named), to && named(to))
}
