import { z } from 'zod'
import { issue, optionalId, readForm, required, type Body } from '../../web/form.js'
import type { Client } from '../../clients/client.js'
import { GATEWAY_CHANNELS, type GatewayChannel } from '../gateways/adapter.js'

/** How long a message may be: ten parts of an SMS; what WhatsApp and Viber take. */
export const LONGEST: Record<GatewayChannel, number> = { sms: 1530, whatsapp: 4096, viber: 1000 }

/** A number of a client's by a channel whose box is on, as "12-sms". */
export interface Way { value: string, phoneId: number, channel: GatewayChannel, number: string }

/** The ways in which a client may be written to, in the order of their numbers. */
export const waysTo = ({ phones }: Pick<Client, 'phones'>): Way[] => phones.filter(({ valid }) => valid)
  .flatMap(phone => GATEWAY_CHANNELS.filter(channel => phone[channel]).map(channel => ({ value: `${phone.id}-${channel}`, phoneId: phone.id, channel, number: phone.display })))

/** The way that is asked for by a phone's id and a channel, or by the first of them; null when its box is off. */
export function wayIn (ways: readonly Way[], { to, phone, channel }: Body): Way | null {
  if (to !== undefined) return ways.find(({ value }) => value === to) ?? null
  return ways.find(way => (!phone || String(way.phoneId) === phone) && (!channel || way.channel === channel)) ?? null
}

/** Reads a text as it was written, for a way to send it. */
export function readText (body: unknown, way: Way | null) {
  return readForm(z.object({ text: required(way ? LONGEST[way.channel] : LONGEST.whatsapp), template: optionalId.catch(null), lead: optionalId.catch(null) }).superRefine((_values, context) => {
    if (!way) context.addIssue({ ...issue('texting.not_agreed'), path: ['to'] })
  }), body)
}
