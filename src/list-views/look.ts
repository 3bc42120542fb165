import type { Viewer } from '../web/viewer.js'
import { addressOf, meant, saysNothing, textOf, type Pairs, type Place, type Query } from './address.js'
import { mayChange, type ListView, type ListViews } from './view.js'

/** A list seen through its saved views. */
export interface Seen {
  views: ListView[]
  /** The view they are in, whether they have gone on from it, and whether they may keep that. */
  view: ListView | null
  isChanged: boolean
  mayKeep: boolean
  /** The list with everything, whatever it opens with. */
  everything: string
}

interface Through extends Omit<Seen, 'isChanged'> {
  /** What is asked of the list: of a view that is only named, what it keeps. */
  query: Query
  place: Place
  address (kept: Pairs, at: { q?: string, after?: number | null, before?: number | null }, place?: Place): string
  isChangedFrom (kept: Pairs): boolean
}

/** Reads which view an address means; the bare one means what the list opens with. `tidied` writes what a view keeps as the list would today; `usual` is what it shows when nobody says. */
export function lookThrough (viewer: Viewer, { path, usual, tidied }: { path: string, usual?: string, tidied (query: string): string }, { views, opensWith }: ListViews, asked: Query): Through {
  const { view, query } = meant(saysNothing(asked) && opensWith ? { view: String(opensWith) } : asked, views)
  const place: Place = { path, view: view && { id: view.id, query: tidied(view.query) }, opensView: opensWith !== null, ...(usual && { usual }) }
  return {
    views, view, query, place,
    mayKeep: view !== null && mayChange(viewer, view),
    address: (kept, at, from = place) => addressOf(from, kept, at),
    isChangedFrom: kept => textOf(kept) !== (place.view?.query ?? ''),
    everything: addressOf({ ...place, view: null }, [])
  }
}
