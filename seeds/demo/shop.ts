import type { Named, PhoneType } from '../../src/clients/client.js'
import type { BuiltInRole } from '../../src/rights.js'
import type { Language } from '../../src/web/viewer.js'
import type { Chance } from './chance.js'
import type { OwnField } from './fields.js'
import type { Names } from './names.js'
import type { Place } from './places.js'
import type { Price } from './prices.js'
import type { Calendar } from './times.js'
import type { DemoWording } from './consents.js'

/** Everything that clients are made from: the company as it stands before the first of them comes in. */
export interface Shop {
  /** Of the company: its national numbers are typed without a country code. */
  country: string
  branches: Branch[]
  staff: Employee[]
  campaigns: Campaign[]
  tags: Named[]
  phoneTypes: PhoneType[]
  /** What clients agree to, oldest first; an example leaves that to its company. */
  wordings: DemoWording[]
  calendar: Calendar
  /** The fields of its own that clients have something in. */
  own: OwnField[]
  /** What clients can have instead of a discount. */
  prices: Price[]
}

export interface Branch {
  location: Named
  weight: number
  place: Place
  /** Whose names its clients bear, and the countries of their numbers. */
  names: (readonly [Names, weight: number])[]
  numbers: (readonly [country: string, weight: number])[]
}

export interface Employee {
  id: number
  role: BuiltInRole
  language: Language
  locations: number[]
  /** When the employee left. */
  until?: Date
}

/** `starts` and `ends` are days such as 2026-03-01. */
export interface Campaign extends Named { starts: string | null, ends: string | null }

/** Who of the staff did something at a location: mostly those who stand there. `roles` narrows it to who may. */
export function someoneAt (shop: Shop, location: number | null, at: Date, chance: Chance, roles?: readonly BuiltInRole[]): Employee {
  const able = shop.staff.filter(one => (!one.until || at < one.until) && (!roles || roles.includes(one.role)))
  return chance.weigh(able.map(one => [one, weightOf(one, location)] as const))
}

function weightOf ({ role, locations }: Employee, location: number | null): number {
  const here = location === null || locations.includes(location)
  return WEIGHTS[role] * (here ? 10 : 0.2)
}

const WEIGHTS: Record<BuiltInRole, number> = { specialist: 10, manager: 6, admin: 0.6, owner: 0.8 }
