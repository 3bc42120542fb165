import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'
import type { CampaignValues } from './form.js'

/** An advertisement, a recommendation, a sign over the door: how clients found the company. */
export interface Campaign {
  id: number
  name: string
  /** "2026-11-03", as `endsOn`; null is open. */
  startsOn: string | null
  endsOn: string | null
  /** Whether it is offered; a client who has an inactive one keeps it. */
  active: boolean
}

/** Who has a campaign, and how many of these clients are archived. */
export interface CampaignUse { clients: number, archived: number }

/** Another campaign has this name, in whatever case. */
export class NameTaken extends Error {}

/** Clients have this campaign, so it can't be deleted. */
export class CampaignInUse extends Error {
  constructor (readonly use: CampaignUse) { super() }
}

const COLUMNS = ['id', 'name', 'starts_on as startsOn', 'ends_on as endsOn', 'active']

/**
 * Campaigns by name: all, or the active (inactive) ones alone. `including` is the id of one that is listed in any case:
 * a client's form offers the active ones and the one the client has.
 */
export async function listCampaigns (db: Db, { active, including }: { active?: boolean, including?: number | null } = {}): Promise<Campaign[]> {
  const query = db('campaigns').select(COLUMNS).orderByRaw('fold(name), id')
  if (active !== undefined) query.where({ active })
  if (active !== undefined && including) query.orWhere({ id: including })
  return query
}

/** Throws NotFound, also for an id that was none (null). */
export async function findCampaign (db: Db, id: number | null): Promise<Campaign> {
  const campaign = id && await db('campaigns').where({ id }).first(COLUMNS)
  if (!campaign) throw new NotFound()
  return campaign
}

/** How many clients each campaign brought, by its id, without the archived. */
export async function countClients (db: Db): Promise<Map<number, number>> {
  // One by one, so that each count stays within its part of an index; grouping them all would read the whole of clients.
  const { rows } = await db.raw('select id, (select count(*) from clients where campaign_id = campaigns.id and archived_at is null) from campaigns')
  return new Map(rows.map((row: { id: number, count: number }) => [row.id, row.count]))
}

/** Throws NameTaken. */
export async function createCampaign (db: Db, values: CampaignValues): Promise<Campaign> {
  const [campaign] = await db('campaigns').insert(values).returning(COLUMNS).catch(sayTaken)
  return campaign
}

/** Throws NotFound or NameTaken. */
export async function updateCampaign (db: Db, id: number | null, values: Partial<CampaignValues>): Promise<Campaign> {
  const [campaign] = await db('campaigns').where({ id }).update(values).returning(COLUMNS).catch(sayTaken)
  if (!campaign) throw new NotFound()
  return campaign
}

/** Who has this campaign now. */
export async function findCampaignUse (db: Db, id: number): Promise<CampaignUse> {
  const having = () => db('clients').where({ campaign_id: id })
  // Apart, because each has its own partial index.
  const [{ count: current }] = await having().whereNull('archived_at').count('* as count')
  const [{ count: archived }] = await having().whereNotNull('archived_at').count('* as count')
  return { clients: Number(current) + Number(archived), archived: Number(archived) }
}

/** Deletes a campaign that no client has and returns what it was. Throws NotFound, or CampaignInUse. */
export async function deleteCampaign (db: Db, id: number | null): Promise<Campaign> {
  return db.transaction(async trx => {
    // The lock makes a client who is being saved with this campaign wait until we know.
    const campaign = id && await trx('campaigns').where({ id }).forUpdate().first(COLUMNS)
    if (!campaign) throw new NotFound()
    const use = await findCampaignUse(trx, campaign.id)
    if (use.clients > 0) throw new CampaignInUse(use)
    await trx('campaigns').where({ id: campaign.id }).delete()
    return campaign
  })
}

function sayTaken (error: Error & { constraint?: string }): never {
  throw error.constraint === 'campaigns_name' ? new NameTaken() : error
}
