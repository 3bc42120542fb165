import { readNumber } from '../../clients/phones/number.js'
import type { Db } from '../../database/knex.js'
import { createLead } from '../../leads/creating.js'
import { isClosed, type Group } from '../../leads/lead.js'
import { makeViewer, type Viewer } from '../../web/viewer.js'
import type { MessageChannel } from '../message.js'

export interface Stranger { channel: MessageChannel, address: string, name: string, text: string }

/**
 * Begins a lead of what a stranger writes, if the settings say so (of letters their mailbox does: `isWanted`): of the type that new leads
 * have, by nobody's hand, and one for a conversation as long as that lead is open. Returns the lead's id, or null.
 */
export async function leadOfStranger (trx: Db, conversationId: number, { channel, address, name, text }: Stranger, isWanted?: boolean): Promise<number | null> {
  if (!(isWanted ?? (await trx('message_settings').where({ id: 1 }).first('strangers_make_leads')).strangers_make_leads)) return null
  const conversation = await trx('conversations as k').leftJoin('leads as l', 'l.id', 'k.lead_id').leftJoin('lead_statuses as s', 's.id', 'l.status_id').where('k.id', conversationId).forUpdate('k')
    .first<{ lead: number | null, group: Group | null, archived: Date | null }>({ lead: 'l.id', group: 's.group_key', archived: 'l.archived_at' })
  if (conversation?.lead && conversation.group && !isClosed(conversation.group) && !conversation.archived) return null
  const { type, country } = await trx('lead_settings as s').joinRaw('cross join organisation as o').first({ type: 's.default_type_id', country: 'o.country' })
  const { id } = await createLead(trx, await nobody(trx), {
    type_id: type, contact_name: name.slice(0, 200), phones: channel === 'email' ? [] : [{ id: null, number: readNumber(address, country) }], campaign_id: null,
    comment: (channel === 'email' ? `${address}\n${text}` : text).slice(0, 10_000), due_at: null, urgent: false, location_id: null, manager_id: null
  }, { source: channel })
  await trx('conversations').where({ id: conversationId }).update({ lead_id: id })
  return id
}

// Leads are made by somebody who works somewhere: here by nobody, in the company.
async function nobody (trx: Db): Promise<Viewer> {
  const organisation = await trx('organisation').where({ id: 1 }).first({ name: 'name', country: 'country', timeZone: 'time_zone', language: 'language' })
  return makeViewer({ id: null, name: '', email: '', roleId: 0, roleKey: null, rights: [], organisation, locationIds: [], formVersions: {}, language: organisation.language } as unknown as Parameters<typeof makeViewer>[0])
}
