import { conditionWords } from '../../list-views/condition-words.js'
import type { Format } from '../../web/format.js'
import type { Translate } from '../../web/i18n.js'
import type { Say } from '../../web/labels.js'
import type { LeadStatus, LeadType } from '../lead.js'
import { groupName, statusName } from '../statuses.js'
import { typeName } from '../types.js'
import { DAYS, type Chosen, type LeadFilter, type Span } from './filter.js'
import type { FilterChoices } from './queries.js'

/** Something that narrows the list: as one reads it, and what to change for it not to. */
export interface Narrowing { words: string, off: Partial<LeadFilter> }

export interface Narrower { t: Translate, fmt: Format, say: Say }

/** What the filter names of the company's own: see findChosen. */
export interface Named extends FilterChoices { statuses: LeadStatus[], types: LeadType[] }

/** What narrows the list besides a search and the badges, in the order in which it is chosen. */
export function narrowings (filter: LeadFilter, chosen: Named, { t, fmt, say }: Narrower): Narrowing[] {
  const found: Narrowing[] = []
  const status = chosen.statuses.find(({ id }) => id === filter.status)
  const type = chosen.types.find(({ id }) => id === filter.type)
  const named = (list: readonly { id: number, name: string }[], id: Chosen) => list.find(one => one.id === id)?.name ?? '?'
  const orNone = (name: string, list: readonly { id: number, name: string }[], id: Chosen) => id === 'none' ? `${name}: ${t('leads_list.none')}` : named(list, id)
  const span = (name: string, { from, to }: Span) => `${name}: ${from && to ? `${fmt.date(from)} – ${fmt.date(to)}` : from ? t('list.from_on', { from: fmt.date(from) }) : t('list.up_to', { to: fmt.date(to) })}`
  if (filter.show === 'archived') found.push({ words: t('leads_list.archived'), off: { show: 'open' } })
  if (filter.status) found.push({ words: status ? statusName(t, say, status) : '?', off: { status: null } })
  if (filter.group) found.push({ words: groupName(t, filter.group), off: { group: null } })
  if (filter.type) found.push({ words: type ? typeName(t, say, type) : '?', off: { type: null } })
  if (filter.campaign) found.push({ words: named(chosen.campaigns, filter.campaign), off: { campaign: null } })
  if (filter.client) found.push({ words: t('leads_list.of_one_client'), off: { client: null } })
  if (filter.location) found.push({ words: orNone(t('leads_list.location'), chosen.locations, filter.location), off: { location: null } })
  if (filter.manager) found.push({ words: orNone(t('leads_list.manager'), chosen.managers, filter.manager), off: { manager: null } })
  const days = { created: t('leads_list.created'), due: t('leads_list.due'), closed: t('leads_list.closed_on') }
  for (const name of DAYS) if (filter[name].from || filter[name].to) found.push({ words: span(days[name], filter[name]), off: { [name]: { from: '', to: '' } } })
  for (const condition of filter.own) found.push({ words: conditionWords(condition, { t, fmt, say }), off: { own: filter.own.filter(one => one !== condition) } })
  return found
}
