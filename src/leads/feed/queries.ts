import type { Named } from '../../clients/client.js'
import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { SEES_CLIENTS, visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import type { FeedEvent } from '../../feed/event.js'
import type { Viewer } from '../../web/viewer.js'
import type { LeadChange } from './event.js'

/** Leaves out that a lead was linked to a client whom this viewer may not see, or unlinked: they aren't told that it is a client's. */
export const withoutSecrets = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  if (SEES_CLIENTS.every(right => viewer.can(right))) return
  query.where(known => {
    known.whereNotIn('kind', ['lead.linked', 'lead.unlinked'])
      .orWhereExists(client => { client.from('clients').whereRaw("clients.id = (events.details ->> 'client')::bigint").modify(visibleTo(viewer)) })
  })
}

/** Entries of leads' feeds as the viewer may read them: with the name of the client they are about, and phones masked. */
export async function shownTo (db: Db, viewer: Viewer, events: FeedEvent[]): Promise<FeedEvent[]> {
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
