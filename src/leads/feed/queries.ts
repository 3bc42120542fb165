import type { Named } from '../../clients/client.js'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import type { FeedEvent } from '../../feed/event.js'
import type { Viewer } from '../../web/viewer.js'
import type { LeadChange } from './event.js'

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
