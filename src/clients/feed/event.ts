import type { WrittenDetails } from '../../feed/event.js'
import type { Channel, Field, PhoneType } from '../client.js'
import type { OwnChange } from '../../form-editor/own/save.js'

/** A message by its id: what it says and how it stands is read from it, as its reader may. */
interface MessageRef { message: number, channel: Channel | 'email' }
export interface PhoneRef { id: number, display: string, type: PhoneType }
/** A place on the map, in degrees, how it came to be known, and the address it belongs to. */
export interface PlaceRef { latitude: number, longitude: number, source: 'geocoder' | 'hand', address: string }
/** The import that did it. */
export interface ImportRef { id: number, name: string }
interface Imported { import: ImportRef, changes: ((Change & { field: Field }) | OwnChange)[], phones?: PhoneRef[], emails?: { id: number, address: string }[], tags?: { id: number, name: string }[] }
export interface Change { field: string, old: unknown, new: unknown }

/** What each kind of event keeps in `details`, besides what people write into it; the feed's views read it. */
export interface Details extends WrittenDetails {
  'client.created': { source: string, import?: ImportRef }
  /** By a row of an import; what was added to the client stands in lists. */
  'client.imported': Imported & { restored: boolean }
  'client.import_undone': Imported & { archived: boolean }
  'client.changed': { changes: ((Change & { field: Field }) | OwnChange)[] }
  'client.archived': Record<string, never>
  'client.restored': Record<string, never>
  /** On the survivor: who was merged into it, and what it has otherwise since. */
  'client.merged': { merge: number, clients: { id: number, name: string }[], changes: ((Change & { field: Field }) | OwnChange)[] }
  'client.unmerged': { merge: number, clients: { id: number, name: string }[] }
  /** On one that was merged and is by itself again. */
  'client.parted': { merge: number, from: number }
  'phone.added': { phone: PhoneRef }
  'phone.changed': { phone: PhoneRef, changes: Change[] }
  'phone.removed': { phone: PhoneRef }
  'phone.restored': { phone: PhoneRef }
  'email.added': { email: { id: number, address: string } }
  'email.changed': { email: { id: number, address: string }, changes: Change[] }
  'email.removed': { email: { id: number, address: string } }
  'email.restored': { email: { id: number, address: string } }
  'consent.changed': { channel: Channel | 'email', given: boolean, address: string }
  'consent.noted': { channel: Channel | 'email', given: boolean, address: string, how: string, note: string }
  'place.changed': { old: PlaceRef | null, new: PlaceRef | null }
  'message.out': MessageRef
  'message.in': MessageRef
  'tag.added': { tag: { id: number, name: string } }
  'tag.removed': { tag: { id: number, name: string } }
  'tag.merged': { tags: { id: number, name: string }[], into: { id: number, name: string } }
}
export type EventKind = keyof Details
