import type { Db } from '../../src/database/knex.js'
import type { Person } from './cast.js'

/** A lead as the form would make it, each a minute younger than the one before, with a phone of each number given. */
export async function addLead (db: Db, { status = 'new_lead', manager, phones = [], ...fields }: { status?: string, manager?: Person, phones?: string[] } & Record<string, unknown>): Promise<{ id: number, number: string }> {
  const last = 1 + Number((await db('leads').count({ count: '*' }).first())!.count)
  const number = `L-${String(last).padStart(5, '0')}`
  const [lead] = await db('leads').insert({
    number, type_id: db('lead_types').where({ key: 'lead' }).select('id'), status_id: db('lead_statuses').where({ key: status }).select('id'),
    manager_id: manager?.id, created_at: new Date(Date.UTC(2026, 0, 1) + last * 60_000), ...fields
  }).returning(['id', 'number'])
  for (const typed of phones) await db('lead_phones').insert({ lead_id: lead.id, typed, e164: typed.replaceAll(' ', ''), display: typed, digits: typed.replace(/\D/g, '') })
  await db('lead_moves').insert({ lead_id: lead.id, to_id: db('lead_statuses').where({ key: status }).select('id') })
  return lead
}
