import type { Knex } from 'knex'
import { maskEvents } from '../clients/feed/mask.js'
import { findClient } from '../clients/queries.js'
import { SEES_CLIENTS, visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import type { Subject } from '../form-editor/definition.js'
import { shownTo, withoutSecrets } from '../leads/feed/queries.js'
import { findLead } from '../leads/queries.js'
import { listStatuses } from '../leads/statuses.js'
import { SEES_LEADS, visibleLeads } from '../leads/visibility.js'
import type { Right } from '../rights.js'
import type { Viewer } from '../web/viewer.js'
import type { FeedEvent } from './event.js'

/** What has a feed, with comments, tasks and files in it: a client or a lead. */
export interface Card { subject: Subject, id: number }

/** A card as pages show it: a client by its name, a lead by its number. */
export interface ShownCard extends Card {
  name: string
  /** "/clients/42" */
  path: string
  /** The right that changes what is on it. */
  edits: Right
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
}

interface OfSubject {
  /** Rights of which any one opens its pages. */
  sees: readonly Right[]
  visible (viewer: Viewer): (query: Knex.QueryBuilder) => void
  /** Throws NotFound for one that isn't there or isn't the viewer's to see. */
  find (db: Db, viewer: Viewer, id: number | null): Promise<ShownCard>
  /** Leaves the entries of which the viewer may know. */
  known (viewer: Viewer): (query: Knex.QueryBuilder) => void
  /** Entries as the viewer may read them. */
  shown (db: Db, viewer: Viewer, events: FeedEvent[]): Promise<FeedEvent[]>
  /** What its entries need to be shown, besides themselves. */
  around (db: Db): Promise<object>
}

export const CARDS: Record<Subject, OfSubject> = {
  client: {
    sees: SEES_CLIENTS,
    visible: viewer => query => visibleTo(viewer)(query),
    find: async (db, viewer, id) => cardOf('client', await findClient(db, viewer, id)),
    known: () => () => {},
    shown: async (_db, viewer, events) => maskEvents(viewer, events),
    around: async () => ({})
  },
  lead: {
    sees: SEES_LEADS,
    visible: viewer => visibleLeads(viewer),
    find: async (db, viewer, id) => { const { id: found, number } = await findLead(db, viewer, id); return cardOf('lead', { id: found, name: number }) },
    known: withoutSecrets,
    shown: (db, viewer, events) => shownTo(db, viewer, events),
    around: async db => ({ statuses: await listStatuses(db, { removed: true }) })
  }
}

/** The right that changes what is on a card of a subject. */
export const EDITS: Record<Subject, Right> = { client: 'clients.edit', lead: 'leads.edit' }

/** Rights of which any one opens some card. */
export const SEES_CARDS: readonly Right[] = [...SEES_CLIENTS, ...SEES_LEADS]

type Named = { id: number, name: string } & Partial<Pick<ShownCard, 'is_supplier' | 'is_conflicted' | 'conflict_reason'>>

/** What pages show of a client, or of a lead by its number. */
export const cardOf = (subject: Subject, { id, name, is_supplier = false, is_conflicted = false, conflict_reason = '' }: Named): ShownCard =>
  ({ subject, id, name, path: pathOf({ subject, id }), edits: EDITS[subject], is_supplier, is_conflicted, conflict_reason })

export const pathOf = ({ subject, id }: Card): string => `/${subject}s/${id}`
