import type { ValueRow } from '../form-editor/value.js'

export type Kind = 'person' | 'company'
export const KINDS = ['person', 'company'] as const

export const CHANNELS = ['whatsapp', 'viber', 'sms'] as const
export type Channel = (typeof CHANNELS)[number]

/** The two ways in which a client is reached. */
export type ContactKind = 'phone' | 'email'

export interface PhoneType { id: number, key: string | null, name: string | null }

/** The last word of a client about one channel: given or withdrawn, when, and by whom it was noted. */
export interface Consent { channel: Channel | 'email', given: boolean, at: Date, by: string | null, source: string }

export interface Phone {
  id: number
  type: PhoneType
  typed: string
  /** ITU-T E.164, or null when what was typed is no valid number. */
  e164: string | null
  /** Whether it has an E.164 form, also for those who may not see it. */
  valid: boolean
  display: string
  whatsapp: boolean
  viber: boolean
  sms: boolean
  consent: Consent | null
  /** Another client has this number too. */
  shared: boolean
  /** Set when the viewer may not see it in full; `typed`, `e164` and `display` are masked then. */
  masked: boolean
}

export interface Email { id: number, address: string, agrees: boolean, consent: Consent | null, shared: boolean, masked: boolean }

export interface Tag { id: number, name: string, colour: string }

/** One of the company's campaigns or locations, as a choice. */
export interface Named { id: number, name: string }

/** What stands in the client's own row and can be typed. */
export interface ClientFields {
  kind: Kind
  first_name: string
  surname: string
  company_name: string
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
  address: string
  campaign_id: number | null
  location_id: number | null
  /** Per cent, 0 to 100, two decimals. */
  discount_services: number
  discount_products: number
  note: string
}

export const FIELDS = ['kind', 'first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'address', 'campaign_id', 'location_id', 'discount_services', 'discount_products', 'note'] as const satisfies readonly (keyof ClientFields)[]
export type Field = (typeof FIELDS)[number]

export interface Client extends ClientFields {
  id: number
  name: string
  version: number
  created_at: Date
  archived_at: Date | null
  campaign: Named | null
  location: Named | null
  phones: Phone[]
  emails: Email[]
  tags: Tag[]
  /** What it has in own fields, as rows of client_values. */
  own: ValueRow[]
}

/** The colours a tag can have; css/parts.css knows them. */
export const TAG_COLOURS = ['plain', 'red', 'amber', 'green', 'blue', 'teal'] as const

