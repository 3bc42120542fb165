import type { Named } from '../../clients/client.js'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { visibleTo } from '../../clients/visibility.js'
import { PREPARED, type Db } from '../../database/knex.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { LeadChange, LeadEvent } from './event.js'

export const FEED_PAGE = 30

export interface LeadFeed {
  events: LeadEvent[]
  /** Id to go on below, when there are older ones. */
  older: number | null
  newest: number
}

const SELECT = ['events.id', 'kind', 'employee_id', 'employees.name as employee', 'at', 'details', 'body', 'deleted_at']

/** A page of a lead's feed, newest first: the newest, those before `older`, or all after `after`. The lead has to be the viewer's to see. */
export async function listLeadFeed (db: Db, viewer: Viewer, leadId: number, { older = null, after = null }: { older?: number | null, after?: number | null } = {}): Promise<LeadFeed> {
  const rows: LeadEvent[] = await db('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ lead_id: leadId })
    .modify(query => {
      if (older) query.where('events.id', '<', older)
      if (after !== null) query.where('events.id', '>', after)
    })
    .orderBy('events.id', 'desc').limit(FEED_PAGE + 1).select(SELECT).options(PREPARED)
  const events = await shownTo(db, viewer, rows.slice(0, FEED_PAGE))
  return { events, older: rows.length > FEED_PAGE ? events.at(-1)!.id : null, newest: rows[0]?.id ?? after ?? 0 }
}

/** One entry. Throws NotFound. */
export async function findLeadEvent (db: Db, viewer: Viewer, leadId: number, id: number | null): Promise<LeadEvent> {
  const row = id === null ? undefined : await db('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ lead_id: leadId, 'events.id': id }).first(SELECT)
  if (!row) throw new NotFound()
  return (await shownTo(db, viewer, [row]))[0]!
}

/** Whether anything happened to the lead after an event. */
export const hasNewerOfLead = async (db: Db, leadId: number, after: number): Promise<boolean> =>
  Boolean(await db('events').where({ lead_id: leadId }).where('id', '>', after).first('id'))

/** Writes a comment into a lead's feed. Returns its id. */
export async function addLeadComment (trx: Db, by: { id: number }, leadId: number, body: string): Promise<number> {
  // First, as it locks the lead: ids have to grow in the order in which entries are kept, or a page would miss one.
  await trx('leads').where({ id: leadId }).update({ active_at: trx.fn.now() })
  const [{ id }] = await trx('events').insert({ lead_id: leadId, kind: 'comment', employee_id: by.id, body }).returning('id')
  return id
}

/** Takes a comment back, or back again; what it said stays in the database. Only its author may: Forbidden for anyone else, NotFound when there is none. */
export async function setLeadCommentDeleted (trx: Db, by: { id: number }, leadId: number, id: number | null, deleted: boolean): Promise<void> {
  const comment = id === null ? undefined : await trx('events').where({ id, lead_id: leadId, kind: 'comment' }).forUpdate().first('employee_id')
  if (!comment) throw new NotFound()
  if (comment.employee_id !== by.id) throw new Forbidden()
  await trx('events').where({ id: id! }).update({ deleted_at: deleted ? trx.fn.now() : null })
}

/** Entries as the viewer may read them: with the name of the client they are about, and phones masked. */
async function shownTo (db: Db, viewer: Viewer, events: LeadEvent[]): Promise<LeadEvent[]> {
  const ids = events.flatMap(({ details }) => details.client ?? [])
  const known: Named[] = ids.length === 0 ? [] : await db('clients').whereIn('clients.id', ids).modify(visibleTo(viewer)).select('id', 'name')
  const clients = new Map(known.map(client => [client.id, client]))
  return events.map(event => {
    const client = clients.get(event.details.client)
    const changes: LeadChange[] | undefined = seesContacts(viewer) ? undefined : event.details.changes?.map(masked)
    return { ...event, ...(client && { client }), ...(changes && { details: { ...event.details, changes } }) }
  })
}

const masked = (change: LeadChange): LeadChange => change.field !== 'phones' ? change : { ...change, old: maskAll(change.old), new: maskAll(change.new) }
const maskAll = (phones: unknown) => (phones as string[] | null)?.map(maskPhone) ?? null
