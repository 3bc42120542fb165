import { countClientsBy, findUseOf, holdClientsBy, replaceInClients } from '../clients/choices/queries.js'
import type { Choice, ChoiceList } from '../choices/choice.js'
import { countLeadsWith, holdLeadsWith, replaceInLeads } from '../leads/choices.js'
import { campaignTyped, readCampaignForm, type CampaignValues } from './form.js'

/** An advertisement, a recommendation, a sign over the door: how clients found the company. */
export interface Campaign extends Choice {
  /** "2026-11-03", as `ends_on`; null is open. */
  starts_on: string | null
  ends_on: string | null
}

const named = ({ id, name }: Campaign) => ({ id, name })

/** Settings > Marketing. */
export const campaigns: ChoiceList<Campaign, CampaignValues> = {
  table: 'campaigns',
  columns: ['starts_on', 'ends_on'],
  url: '/settings/marketing',
  words: 'campaigns',
  can: 'marketing.manage',
  audit: 'lists.campaigns',
  mayBeNone: true,
  href: id => `/clients?campaign=${id}`,
  read: readCampaignForm,
  typed: campaignTyped,
  audited: values => values,
  count: (db, ids) => countClientsBy(db, 'campaign_id', ids),
  async findUse (db, ids) {
    return { ...await findUseOf(db, 'campaign_id', ids), leads: await countLeadsWith(db, 'campaign_id', ids) }
  },
  async hold (trx, ids) {
    await holdClientsBy(trx, 'campaign_id', ids)
    await holdLeadsWith(trx, 'campaign_id', ids)
  },
  async replace (trx, by, from, to) {
    await replaceInClients(trx, by, 'campaign_id', from.map(named), to && named(to))
    await replaceInLeads(trx, by, 'campaign_id', from.map(named), to && named(to))
  }
}
