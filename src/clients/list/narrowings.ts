import { conditionWords, type Speaker } from '../../list-views/condition-words.js'
import type { ClientFilter } from './filter.js'
import type { Chosen } from './queries.js'

/** Something that narrows the list: as one reads it, and what to change for it not to. */
export interface Narrowing { words: string, off: Partial<ClientFilter> }

/** What narrows the list besides a search and its first row of chips (all, people …), in the order in which they are chosen. */
export function narrowings (filter: ClientFilter, chosen: Chosen, speaker: Speaker): Narrowing[] {
  const { t, fmt } = speaker
  const among = (list: 'tags' | 'campaigns' | 'locations' | 'priceTypes', id: number) => chosen[list].find(one => one.id === id)?.name ?? '?'
  const [type] = chosen.phoneTypes
  const found: Narrowing[] = filter.tags.map(tag => ({ words: `# ${among('tags', tag)}`, off: { tags: filter.tags.filter(one => one !== tag) } }))
  if (filter.campaign) found.push({ words: among('campaigns', filter.campaign), off: { campaign: null } })
  if (filter.location) found.push({ words: among('locations', filter.location), off: { location: null } })
  if (filter.import) found.push({ words: `${t('list.by_import')} ${filter.import}`, off: { import: null } })
  if (filter.price) found.push({ words: among('priceTypes', filter.price), off: { price: null } })
  if (filter.phoneType) found.push({ words: `${t('phones.type')}: ${type ? type.name ?? t(`phone_types.${type.key}`) : '?'}`, off: { phoneType: null } })
  if (filter.from) found.push({ words: t('clients.created_from', { date: fmt.date(filter.from) }), off: { from: '' } })
  if (filter.to) found.push({ words: t('clients.created_to', { date: fmt.date(filter.to) }), off: { to: '' } })
  for (const condition of filter.own) found.push({ words: conditionWords(condition, speaker), off: { own: filter.own.filter(one => one !== condition) } })
  return found
}
