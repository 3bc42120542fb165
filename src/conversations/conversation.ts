import type { LoggedCall } from '../calls/log/queries.js'
import type { Named } from '../clients/client.js'
import type { MessageChannel, ShownMessage } from '../messages/message.js'

/** Whom it is with, where that is a client. */
export interface TalkClient { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string, archived_at: Date | null }

/** A conversation as pages show it: with a client, or with somebody who is none and whose channel and address alone are known. */
export interface Conversation {
  /** Null while nothing has been written to the client or come from them. */
  id: number | null
  client: TalkClient | null
  channel: MessageChannel | null
  /** E.164 or an e-mail, as its viewer may read it: see `display`. */
  address: string | null
  /** The same for reading, masked where it has to be. */
  display: string | null
  /** Whom it is with, in words: the client, or what a stranger calls themselves, or their address. */
  who: string
  /** That a stranger's first words made, where its viewer may see it. */
  lead: { id: number, number: string } | null
  assignee: Named | null
  unread: number
  closed_at: Date | null
  /** "/clients/42/conversation" or "/conversations/7" */
  path: string
}

/** A file that came or went with a message. */
export interface TalkFile { id: number, name: string, size: number, token: string, client_id: number | null, lead_id: number | null, removed: boolean }

/** A message in its conversation. */
export interface TalkMessage extends ShownMessage { files: TalkFile[] }

/** What stands in a conversation: a message, or a call that is over. */
export type Said = { message: TalkMessage, call?: never } | { call: LoggedCall, message?: never }

/** A place in a conversation, before which or from which on it is read: by the ids of its messages and of its calls. */
export interface Mark { message: number, call: number }

/** A stretch of a conversation, the oldest first. */
export interface Stretch {
  said: Said[]
  /** Where it begins, as an address has it: "120-45". */
  from: string
  /** Whether there is more before that. */
  hasEarlier: boolean
  /** The id of the newest message of all; 0 when there is none. */
  newest: number
}

/** Reads a place out of an address; null for none. */
export function readMark (value: unknown): Mark | null {
  const [, message, call] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(String(value)) ?? []
  return message === undefined ? null : { message: Number(message), call: Number(call ?? 1) }
}
