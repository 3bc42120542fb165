import { countTagged, findTagged, holdTagged, replaceTags } from '../clients/choices/queries.js'
import { TAG_COLOURS } from '../clients/client.js'
import type { Choice, ChoiceList } from '../choices/choice.js'
import { readTagForm, type TagValues } from './form.js'

export interface Tag extends Choice { colour: string }

const named = ({ id, name }: Tag) => ({ id, name })

/** Settings > Tags. They are made where they are put on clients, so here they are only tidied up. */
export const tags: ChoiceList<Tag, TagValues> = {
  table: 'tags',
  columns: ['colour'],
  url: '/settings/tags',
  words: 'tags',
  can: 'settings.manage',
  audit: 'lists.tags',
  isLong: true,
  mayBeNone: true,
  href: id => `/clients?tag=${id}`,
  read: readTagForm,
  typed: tag => ({ name: tag?.name ?? '', colour: tag?.colour ?? 'plain' }),
  audited: values => values,
  choices: { colours: TAG_COLOURS },
  count: countTagged,
  findUse: findTagged,
  hold: holdTagged,
  replace: (trx, by, from, to) => replaceTags(trx, by, from.map(named), to && named(to))
}
