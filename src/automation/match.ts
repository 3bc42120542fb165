import { isClosed, type Group } from '../leads/lead.js'
import type { Kind } from '../clients/client.js'
import type { TemplateChannel } from '../templates/template.js'
import type { Cause, Rule, Tried, Way, Why } from './rule.js'

/** What rules ask of a client and of a lead, and by what they can be reached. */
export interface ClientFacts {
  id: number
  kind: Kind
  archived: boolean
  location_id: number | null
  campaign_id: number | null
  tags: number[]
  options: number[]
  /** The first number's, from which their clock is guessed. */
  e164: string | null
  phones: { id: number, valid: boolean, sms: boolean, whatsapp: boolean }[]
  emails: { id: number, agrees: boolean }[]
}
export interface LeadFacts { id: number, client_id: number | null, type_id: number, status_id: number, group: Group, archived: boolean, location_id: number | null, campaign_id: number | null, manager_id: number | null, options: number[] }

/** The options that each field of choice has, to tell which of a rule's belong together. */
export type OptionsByField = readonly (readonly number[])[]

/** Why a rule has nothing to say upon a cause, the first reason there is; null when it has. */
export function whyNot ({ event, conditions: c }: Rule, cause: Cause, client: ClientFacts | null, lead: LeadFacts | null, fields: OptionsByField): Why | null {
  if (cause.imported && !c.imported) return 'imported'
  if (cause.leadId !== null && (!lead || lead.archived)) return 'lead_gone'
  if (cause.over || (event === 'lead.overdue' && lead && isClosed(lead.group))) return 'over'
  if (event === 'lead.moved' && misses(c.to, [cause.to ?? 0])) return 'to'
  if (lead && misses(c.types, [lead.type_id])) return 'type'
  if (lead && event !== 'lead.moved' && misses(c.statuses, [lead.status_id])) return 'status'
  if (c.words && !(cause.words ?? '').toLowerCase().includes(c.words.toLowerCase())) return 'words'
  if (cause.clientId === null) return 'no_client'
  if (!client || client.archived) return 'client_gone'
  const place = lead ?? client
  if (misses(c.kinds, [client.kind])) return 'kind'
  if (misses(c.locations, [place.location_id])) return 'location'
  if (misses(c.campaigns, [place.campaign_id])) return 'campaign'
  if (misses(c.tags, client.tags)) return 'tags'
  const has = new Set([...client.options, ...lead?.options ?? []])
  if (fields.some(options => { const asked = c.options.filter(id => options.includes(id)); return asked.length > 0 && !asked.some(id => has.has(id)) })) return 'choices'
  return null
}

const misses = <T>(asked: readonly T[], has: readonly (T | null)[]): boolean => asked.length > 0 && !has.some(one => one !== null && asked.includes(one))

/** Where a message goes. */
export type Contact = { phoneId: number } | { emailId: number }

/** The ways in which a client can be reached, in the rule's order, and why not in the others. */
export function reach (ways: readonly Way[], client: ClientFacts): { open: { way: Way, to: Contact }[], tried: Tried[] } {
  const open: { way: Way, to: Contact }[] = [], tried: Tried[] = []
  for (const way of ways) {
    const { channel } = way
    const to = way.archived ? null : contactFor(channel, client)
    if (to) open.push({ way, to })
    else tried.push({ channel, why: way.archived ? 'template_gone' : hasContact(channel, client) ? 'no_consent' : 'no_contact' })
  }
  return { open, tried }
}

const hasContact = (channel: TemplateChannel, { phones, emails }: ClientFacts): boolean => channel === 'email' ? emails.length > 0 : phones.some(({ valid }) => valid)

function contactFor (channel: TemplateChannel, { phones, emails }: ClientFacts): Contact | null {
  if (channel === 'email') {
    const email = emails.find(({ agrees }) => agrees)
    return email ? { emailId: email.id } : null
  }
  const phone = phones.find(phone => phone.valid && phone[channel])
  return phone ? { phoneId: phone.id } : null
}
