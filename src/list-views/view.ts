import type { Right } from '../rights.js'
import type { Labels } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'

/** A list that can have saved views. */
export interface SavedList {
  /** As the tables call it. */
  name: string
  /** Where it is: "/clients". */
  path: string
  /** Rights of which any one opens it. */
  can: readonly Right[]
  /** Words for its title, and for it without any view. */
  title: { key: string }
  all: { key: string }
  /** What an address keeps of the list, as the list itself would write it today. */
  tidy (query: string): Promise<string>
  /** Shared views of it may stand above it as badges, counted. */
  badges?: boolean
}

/** The look of a view as a badge above its list: what it is called by language, else as the view; a Lucide icon and a colour, or ''. */
export interface BadgeLook { labels: Labels, icon: string, colour: string }

export interface ListView extends BadgeLook {
  id: number
  name: string
  /** What it keeps, as it stands in the list's address. */
  query: string
  shared: boolean
  badge: boolean
  owner_id: number
  owner: string
  version: number
  /** Who changed it last. */
  changed_by: string | null
  changed_at: Date
}

/** The views a person can open, the shared ones first, and the one the list opens with for them. */
export interface ListViews {
  views: ListView[]
  opensWith: number | null
}

/** A shared view is changed by who may share any, one's own by oneself. */
export const mayChange = (viewer: Viewer, view: Pick<ListView, 'shared' | 'owner_id'>): boolean => view.shared ? viewer.can('views.share') : view.owner_id === viewer.id
