import type { Channel, Kind } from '../../clients/client.js'
import type { ConsentChannel } from '../../clients/consents/consent.js'
import type { PhoneNumber } from '../../clients/phones/number.js'
import type { ValueRow } from '../../form-editor/value.js'
import type { Language } from '../../web/viewer.js'
import type { Problem } from '../rules.js'
import type { SurnameFirst } from '../columns/names.js'

/** A number of a row; of channels what the row says of them. `whole`: what it was made of in an own export, as the client's may be typed. */
export type CheckedPhone = PhoneNumber & { type_id: number, whole?: string } & Partial<Record<Channel, boolean>>
export interface CheckedEmail { address: string, agrees?: boolean }
/** A value of an own field; `option`: the words of a choice that is to be made. */
export interface CheckedValue extends Omit<ValueRow, 'option_id'> { option_id?: number, option?: string }

/** A row as it is written to the clients; null, or an empty list, is what the file says nothing of. */
export interface Checked {
  row: number
  problems: Problem[]
  /** A spreadsheet's errors were left out of it. */
  isEmptied: boolean
  /** What a new client would lack. */
  lacks: Problem[]
  ref: number | null
  kind: Kind
  first_name: string | null
  surname: string | null
  company_name: string | null
  is_supplier: boolean | null
  is_conflicted: boolean | null
  conflict_reason: string | null
  address: string | null
  language: Language | null
  campaign_id: number | null
  campaign: string | null
  location_id: number | null
  location: string | null
  discount_services: number | null
  price_type_services_id: number | null
  discount_products: number | null
  price_type_products_id: number | null
  note: string | null
  phones: CheckedPhone[]
  emails: CheckedEmail[]
  tags: string[]
  own: CheckedValue[]
}

/** What a row's cells gather into, before it is known what they make together. */
export interface Gathered extends Checked {
  name: string
  surnameFirst: SurnameFirst | null
  isCompany: boolean | null
  nextType: number | null
  consents: Partial<Record<ConsentChannel, { column: number, said: boolean | string[] }>>
}

/** A row of which nothing was read yet. */
export const nothingGathered = (row: number): Gathered => ({
  row, problems: [], isEmptied: false, lacks: [], ref: null, kind: 'person', first_name: null, surname: null, company_name: null, is_supplier: null, is_conflicted: null, conflict_reason: null, address: null, language: null,
  campaign_id: null, campaign: null, location_id: null, location: null, discount_services: null, price_type_services_id: null, discount_products: null, price_type_products_id: null, note: null,
  phones: [], emails: [], tags: [], own: [], name: '', surnameFirst: null, isCompany: null, nextType: null, consents: {}
})
