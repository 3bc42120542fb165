import { one, typed } from '../../list-views/address.js'
import { MESSAGE_CHANNELS, type MessageChannel } from '../../messages/message.js'
import { idOf } from '../../web/form.js'

/** What the inbox shows: conversations that aren't done with, and of these those one minds oneself, nobody minds, or nobody has looked at; or those done with. */
export const SHOWS = ['open', 'mine', 'unassigned', 'unread', 'closed'] as const
export type Show = (typeof SHOWS)[number]

/** Where a page begins: behind this conversation, which was talked in at this microsecond. */
export interface Place { at: number, id: number }

export interface InboxFilter { show: Show, channel: MessageChannel | null, q: string, after: Place | null }

/** Reads the inbox's address. */
export function readInboxFilter (query: unknown): InboxFilter {
  const asked = (query ?? {}) as Record<string, unknown>
  const [, at, id] = /^(\d{1,16})-(\d{1,15})$/.exec(one(asked.after)) ?? []
  return {
    show: SHOWS.find(show => show === one(asked.show)) ?? 'open',
    channel: MESSAGE_CHANNELS.find(channel => channel === one(asked.channel)) ?? null,
    q: typed(asked.q),
    after: at && idOf(id) ? { at: Number(at), id: idOf(id)! } : null
  }
}

/** The address of an inbox. */
export function inboxAt ({ show, channel, q, after }: InboxFilter, path = '/inbox'): string {
  const query = new URLSearchParams({ ...(show !== 'open' && { show }), ...(channel && { channel }), ...(q && { q }), ...(after && { after: `${after.at}-${after.id}` }) }).toString()
  return query ? `${path}?${query}` : path
}
