import { readNumber } from '../../clients/phones/number.js'
import { visibleSql, visibleTo } from '../../clients/visibility.js'
import { prepared, type Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { recordLeadEvent } from '../feed/record.js'
import type { Lead } from '../queries.js'

/** A client with one of a lead's numbers, of those the viewer may see. */
export interface Offer { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string, archived_at: Date | null }

const MOST = 5

/** The clients with any of these numbers (E.164). Those whom the viewer may not see don't exist for them: not even that there is one. */
export async function findOffers (db: Db, viewer: Viewer, numbers: readonly string[]): Promise<Offer[]> {
  if (numbers.length === 0) return []
  // Each by a place of its own: of an array Postgres doesn't know how long it will be, and plans anew each time.
  const { rows } = await prepared(db, `
    select id, name, is_supplier, is_conflicted, conflict_reason, archived_at from clients
    where id in (select client_id from client_phones where e164 in (${numbers.map(() => '?').join(', ')}) and removed_at is null) and ${visibleSql(viewer, 'clients')}
    order by archived_at is not null, id limit ${MOST}`, numbers)
  return rows
}

/** The clients with any of a lead's own numbers, also where its phones are masked: who may see clients is told of them. */
export async function offersOf (db: Db, viewer: Viewer, leadId: number): Promise<Offer[]> {
  return findOffers(db, viewer, await db('lead_phones').where({ lead_id: leadId }).whereNotNull('e164').pluck('e164'))
}

/** The clients with each of the numbers typed into a form that is shown again, one list a row; each where it is met first. */
export async function offersFor (db: Db, viewer: Viewer, typed: readonly string[]): Promise<Offer[][]> {
  const met = new Set<number>(), rows: Offer[][] = []
  for (const number of typed) {
    const { e164 } = readNumber(number.trim(), viewer.organisation.country)
    rows.push(e164 ? (await findOffers(db, viewer, [e164])).filter(({ id }) => !met.has(id) && met.add(id)) : [])
  }
  return rows
}

/** A client who can be linked. Throws NotFound for one that isn't the viewer's to see. */
export async function findLinkable (db: Db, viewer: Viewer, id: number | null): Promise<Offer> {
  const client = id === null ? undefined : await db('clients').where('clients.id', id).modify(visibleTo(viewer)).first('id', 'name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'archived_at')
  if (!client) throw new NotFound()
  return client
}

/** Says whose lead it is, or nobody's again; what was typed of its contact stays. The lead has to be locked. Returns false when it already is so. */
export async function setClientOf (trx: Db, by: Viewer, lead: Pick<Lead, 'id' | 'client_id'>, clientId: number | null): Promise<boolean> {
  if (lead.client_id === clientId) return false
  // Clients before what is of them, as everything else locks them.
  if (clientId !== null) await findLinkable(trx, by, clientId)
  await trx('leads').where({ id: lead.id }).update({ client_id: clientId })
  if (clientId === null) await recordLeadEvent(trx, by, lead.id, 'lead.unlinked', { client: lead.client_id! })
  else await recordLeadEvent(trx, by, lead.id, 'lead.linked', { client: clientId })
  return true
}
