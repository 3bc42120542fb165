import { nameOf } from '../../form-editor/schema.js'
import type { ListField } from '../../form-editor/shape.js'
import { isSortable, ownColumn, type OwnLook } from '../../list-views/own-columns.js'
import type { Labels } from '../../web/labels.js'

/** A column of the list besides the name, which always stands first. */
export interface Column {
  /** As an address calls it. */
  name: string
  /** Its title: words of the locales, or of an admin. */
  title: { key: string } | { labels: Labels }
  /** How its cells are read and how wide they are: css/clients.css has a class for each. */
  look: Look
  /** As an address calls the order by it, where there is one. */
  sort?: string
  field?: ListField
}
export type Look = OwnLook | 'phone' | 'email' | 'tags' | 'name' | 'percent' | 'kind'

const SYSTEM: readonly Column[] = [
  { name: 'phone', title: { key: 'clients.phone' }, look: 'phone' },
  { name: 'email', title: { key: 'clients.email' }, look: 'email' },
  { name: 'tags', title: { key: 'clients.tags' }, look: 'tags' },
  { name: 'campaign', title: { key: 'clients.found_us' }, look: 'name' },
  { name: 'location', title: { key: 'clients.location' }, look: 'name' },
  { name: 'address', title: { key: 'fields.address' }, look: 'long' },
  { name: 'language', title: { key: 'fields.language' }, look: 'kind' },
  { name: 'kind', title: { key: 'clients.kind' }, look: 'kind' },
  { name: 'discount_services', title: { key: 'fields.discount_services' }, look: 'percent' },
  { name: 'discount_products', title: { key: 'fields.discount_products' }, look: 'percent' },
  { name: 'note', title: { key: 'fields.note' }, look: 'long' },
  { name: 'active', title: { key: 'clients.last_activity' }, look: 'date', sort: 'active' },
  { name: 'created', title: { key: 'clients.created_on' }, look: 'date', sort: 'created' }
]

/** Every column the list can have, one's own fields behind the others. */
export const columnsWith = (fields: readonly ListField[]): Column[] => [...SYSTEM, ...fields.map(sortable)]

const sortable = (field: ListField): Column => ({ ...ownColumn(field), ...(isSortable(field) && { sort: nameOf(field) }) })

/** What the list shows when nobody chose: the last column is what it is sorted by. */
export function usualColumns (sort: string): string[] {
  return ['phone', 'email', 'tags', 'campaign', sort === 'name' ? 'active' : sort]
}
