import type { Db } from '../database/knex.js'
import type { ClientFacts, LeadFacts } from './match.js'
import type { Cause } from './rule.js'

export interface Facts { clients: Map<number, ClientFacts>, leads: Map<number, LeadFacts> }

/** What rules ask of the clients and leads of these causes, in a query each. */
export async function readFacts (db: Db, causes: readonly Cause[]): Promise<Facts> {
  const ids = (of: 'clientId' | 'leadId') => [...new Set(causes.flatMap(cause => cause[of] ?? []))]
  const [clients, leads] = await Promise.all([db.raw(`
    select c.id, c.kind, c.archived_at is not null as archived, c.location_id, c.campaign_id,
      array(select tag_id from client_tags t where t.client_id = c.id)::int[] as tags,
      array(select option_id from client_values v where v.client_id = c.id and v.option_id is not null)::int[] as options,
      (select p.e164 from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1) as e164,
      coalesce((select json_agg(json_build_object('id', p.id, 'valid', p.e164 is not null, 'sms', p.sms, 'whatsapp', p.whatsapp) order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null), '[]') as phones,
      coalesce((select json_agg(json_build_object('id', e.id, 'agrees', e.agrees) order by e.position, e.id) from client_emails e where e.client_id = c.id and e.removed_at is null), '[]') as emails
    from clients c where c.id = any (?::bigint[])`, [ids('clientId')]), db.raw(`
    select l.id, l.client_id, l.type_id, l.status_id, s.group_key as "group", l.archived_at is not null as archived, l.location_id, l.campaign_id, l.manager_id,
      array(select option_id from lead_values v where v.lead_id = l.id and v.option_id is not null)::int[] as options
    from leads l join lead_statuses s on s.id = l.status_id where l.id = any (?::bigint[])`, [ids('leadId')])])
  return { clients: new Map(clients.rows.map((row: ClientFacts) => [row.id, row])), leads: new Map(leads.rows.map((row: LeadFacts) => [row.id, row])) }
}
