import { timingSafeEqual } from 'node:crypto'
import { recordAudit } from '../audit/record.js'
import { maskPhone, seesContacts } from '../clients/masking.js'
import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { visibleLeads } from '../leads/visibility.js'
import type { LeadStatus } from '../leads/lead.js'
import { newToken, tokenHash } from '../web/token.js'
import type { Viewer } from '../web/viewer.js'

export interface Feed { madeAt: Date, readAt: Date | null }

export const findFeed = async (db: Db, viewer: Viewer): Promise<Feed | null> =>
  await db('calendar_feeds').where({ employee_id: viewer.id }).first('made_at as madeAt', 'read_at as readAt') ?? null

/** Makes a secret address, in place of the one there was. Returns its token, which is kept nowhere. */
export async function makeFeed (db: Db, viewer: Viewer): Promise<string> {
  const token = newToken()
  await db.transaction(async trx => {
    const row = { token_hash: tokenHash(token), made_at: trx.fn.now(), read_at: null, reads: 0 }
    await trx('calendar_feeds').insert({ employee_id: viewer.id, ...row }).onConflict('employee_id').merge(row)
    await recordAudit(trx, viewer, 'safety.calendar_made')
  })
  return token
}

/** Takes the address back: whoever asks for it is told that there is none. Returns whether there was one. */
export async function revokeFeed (db: Db, viewer: Viewer): Promise<boolean> {
  return db.transaction(async trx => {
    const gone = await trx('calendar_feeds').where({ employee_id: viewer.id }).delete()
    if (gone > 0) await recordAudit(trx, viewer, 'safety.calendar_revoked')
    return gone > 0
  })
}

/** How often an hour one address answers. */
export const MOST_READS = 120

/** Whose address has this token, and whether it has been read too often within the hour; null when nobody's has. Each time counts. */
export async function readFeed (db: Db, token: string): Promise<{ employeeId: number, madeAt: Date, tooOften: boolean } | null> {
  const hash = tokenHash(token)
  const { rows: [row] } = await db.raw(`
    update calendar_feeds set read_at = now(), reads = case when hour_at < now() - interval '1 hour' then 1 else reads + 1 end, hour_at = case when hour_at < now() - interval '1 hour' then now() else hour_at end
    where token_hash = ? returning employee_id as "employeeId", made_at as "madeAt", token_hash, reads > ? as "tooOften"`, [hash, MOST_READS])
  // An index compares as far as two hashes agree, which tells nothing of the token; what it found is compared as a whole all the same.
  return row && timingSafeEqual(Buffer.from(row.token_hash), Buffer.from(hash)) ? row : null
}

/** An open lead as its manager's calendar shows it. */
export interface DueLead { id: number, number: string, who: string, phone: string | null, comment: string, due_at: Date, urgent: boolean, active_at: Date, version: number, status: Pick<LeadStatus, 'key' | 'labels'> }

export const MOST = 500

/** The open leads with a due time that somebody manages and may see, from a month ago on; clients' names and phones only as they may see them. */
export async function listDueLeads (db: Db, viewer: Viewer): Promise<DueLead[]> {
  const client = db('clients').modify(visibleTo(viewer)).select('id', 'name').as('c')
  const rows = await db('leads').join('lead_statuses as s', 's.id', 'leads.status_id').leftJoin(client, 'c.id', 'leads.client_id')
    .where('leads.manager_id', viewer.id).modify(visibleLeads(viewer)).whereNull('leads.closed_at').whereNull('leads.archived_at').whereRaw("leads.due_at > now() - interval '30 days'")
    .orderBy(['leads.due_at', 'leads.id']).limit(MOST)
    .select('leads.id', 'leads.number', 'leads.comment', 'leads.due_at', 'leads.urgent', 'leads.active_at', 'leads.version',
      db.raw(`json_build_object('key', s.key, 'labels', s.labels) as status, coalesce(c.name, leads.contact_name) as who,
        coalesce((select display from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1),
          (select display from lead_phones p where p.lead_id = leads.id order by p.position, p.id limit 1)) as phone`))
  return seesContacts(viewer) ? rows : rows.map((row: DueLead) => ({ ...row, phone: row.phone && maskPhone(row.phone) }))
}
