import { countPhones, findPhonesOf, holdPhonesOf, releasePhoneTypes, replacePhoneTypes } from '../clients/choices/queries.js'
import type { Choice, ChoiceList } from '../choices/choice.js'
import { readPhoneTypeForm } from './form.js'

const named = ({ id, key, name }: Choice) => ({ id, key, name })

/** Settings > Phone types. The built-in ones can be renamed, moved and retired, but not deleted. */
export const phoneTypes: ChoiceList<Choice, { name: string | null }> = {
  table: 'phone_types',
  columns: ['key'],
  url: '/settings/phone-types',
  words: 'phone_types',
  can: 'settings.manage',
  audit: 'lists.phone_types',
  mayBeNone: false,
  keepsOne: true,
  href: id => `/clients?phone_type=${id}`,
  read: (body, type) => readPhoneTypeForm(body, type?.key),
  typed: ({ name }) => ({ name: name ?? '' }),
  audited: values => values,
  count: countPhones,
  findUse: findPhonesOf,
  hold: holdPhonesOf,
  replace: (trx, by, from, to) => replacePhoneTypes(trx, by, from.map(named), named(to!)),
  release: releasePhoneTypes
}
