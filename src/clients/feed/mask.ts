import type { FeedEvent } from '../../feed/event.js'
import type { Viewer } from '../../web/viewer.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import type { PhoneRef } from './event.js'

/** Entries of clients' feeds as the viewer may read them: numbers and addresses masked for those who may not see them. */
export const maskEvents = (viewer: Viewer, events: FeedEvent[]): FeedEvent[] => seesContacts(viewer) ? events : events.map(maskEvent)

function maskEvent (event: FeedEvent): FeedEvent {
  const { kind, details } = event
  if (kind.startsWith('client.import')) {
    const { phones = [], emails = [] } = details
    return { ...event, details: { ...details, phones: phones.map((phone: PhoneRef) => ({ ...phone, display: maskPhone(phone.display) })), emails: emails.map(({ id, address }: { id: number, address: string }) => ({ id, address: maskEmail(address) })) } }
  }
  if (kind.startsWith('phone.')) {
    return { ...event, details: { ...details, phone: { ...details.phone, display: maskPhone(details.phone.display) }, changes: maskChanges(details.changes, 'number', maskPhone) } }
  }
  if (kind.startsWith('email.')) {
    return { ...event, details: { ...details, email: { ...details.email, address: maskEmail(details.email.address) }, changes: maskChanges(details.changes, 'address', maskEmail) } }
  }
  if (kind.startsWith('consent.')) {
    return { ...event, details: { ...details, address: details.channel === 'email' ? maskEmail(details.address) : maskPhone(details.address) } }
  }
  return event
}

function maskChanges (changes: { field: string, old: any, new: any }[] | undefined, field: string, mask: (value: string) => string) {
  return changes?.map(change => change.field === field ? { field, old: mask(change.old), new: mask(change.new) } : change)
}
