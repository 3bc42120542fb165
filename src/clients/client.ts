import type { ValueRow } from '../form-editor/value.js'
import type { Language } from '../web/viewer.js'

export type Kind = 'person' | 'company'
export const KINDS = ['person', 'company'] as const

export const CHANNELS = ['whatsapp', 'viber', 'sms'] as const
export type Channel = (typeof CHANNELS)[number]

/** The two ways in which a client is reached. */
export type ContactKind = 'phone' | 'email'

export interface PhoneType { id: number, key: string | null, name: string | null }

/** The last word of a client about one channel: given or withdrawn, when, and by whom it was noted. */
export interface Consent {
  channel: Channel | 'email'
  given: boolean
  at: Date
  by: string | null
  source: string
  /** "changed": it was for the number or address before. */
  how: string | null
}

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
  /** Of a masked one: tells its number from another that is masked alike, and nothing of it. */
  stamp?: string | undefined
}

export interface Email { id: number, address: string, agrees: boolean, consent: Consent | null, shared: boolean, masked: boolean, stamp?: string | undefined }

export interface Tag { id: number, name: string, colour: string }

/** One of the company's campaigns or locations, as a choice. */
export interface Named { id: number, name: string }

/** One of the company's price types, as a choice: a mark-up on cost, per cent. */
export interface PriceType extends Named { mark_up: number }

/** A discount: per cent, 0 to 100, two decimals; or one of the company's price types, as "price:7". One value either way, so that it changes, clashes and reads as one. */
export type Discount = number | `price:${number}`

/** The id of a discount's price type, or null when it is a percentage. */
export const priceTypeOf = (discount: Discount): number | null => typeof discount === 'string' ? Number(discount.slice('price:'.length)) : null
export const PRICE_TYPE = /^price:[1-9]\d{0,13}$/

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
  /** In which they are written to; '': nobody said. */
  language: Language | ''
  campaign_id: number | null
  location_id: number | null
  discount_services: Discount
  discount_products: Discount
  note: string
}

export const FIELDS = ['kind', 'first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'address', 'language', 'campaign_id', 'location_id', 'discount_services', 'discount_products', 'note'] as const satisfies readonly (keyof ClientFields)[]
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

