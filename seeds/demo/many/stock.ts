import type { Db } from '../../../src/database/knex.js'
import type { Language } from '../../../src/web/viewer.js'
import type { DemoWording } from '../consents.js'
import type { OwnField } from '../fields.js'
import { loadNames, type Flavour } from '../names.js'
import type { Price } from '../prices.js'
import type { Campaign, Shop } from '../shop.js'
import type { Calendar } from '../times.js'

/** A name as it is written and as the search has it (`fold`). */
export interface Word { written: string, folded: string }

/** Whose names and numbers: where they live, how many of each hundred, and how their mobile numbers go (seven digits follow the beginning, and all stand in such groups). */
const KINDS = [
  { flavour: 'pl', branch: 0, share: 50, country: 'PL', code: '48', begins: ['50', '51', '53', '57', '60', '66', '69', '72', '78', '88'], groups: [3, 3, 3], street: 'ul. *', host: 'poczta.example' },
  { flavour: 'es', branch: 1, share: 28, country: 'ES', code: '34', begins: ['60', '61', '63', '65', '66', '68', '69'], groups: [3, 2, 2, 2], street: 'C/ *', host: 'correo.example' },
  { flavour: 'pt_PT', branch: 2, share: 15, country: 'PT', code: '351', begins: ['91', '92', '93', '96'], groups: [3, 3, 3], street: 'Rua *', host: 'correio.example' },
  { flavour: 'pt_BR', branch: 2, share: 7, country: 'BR', code: '55', begins: ['1197', '1198', '1199', '2198', '3199'], groups: [2, 5, 4], street: 'Rua *', host: 'caixa.example' }
] as const satisfies { flavour: Flavour, [name: string]: unknown }[]

/** Of one kind of people, all that is picked from. */
export interface Kind {
  share: number
  country: string
  code: string
  begins: readonly string[]
  groups: readonly number[]
  host: string
  location: number
  staff: { id: number, language: Language }[]
  women: Word[]
  men: Word[]
  womensSurnames: Word[]
  surnames: Word[]
  /** With * for a surname. */
  companies: Word[]
  suppliers: Word[]
  streets: string[]
  cities: string[]
}

/** Everything that many clients are made of; nothing in it but data, so that a thread can have it. */
export interface Stock {
  /** Of the company. */
  country: string
  kinds: Kind[]
  campaigns: Campaign[]
  tags: (Word & { id: number })[]
  mobile: number
  work: number
  wordings: DemoWording[]
  calendar: Omit<Calendar, 'workingTime'>
  own: OwnField[]
  prices: Price[]
  managers: number[]
  /** Who may archive. */
  admins: number[]
}

/** Lays out what many clients of the shop are made of. */
export async function layOut (db: Db, { country, branches, calendar: { start, end, offset }, staff, campaigns, tags, phoneTypes, wordings, own, prices }: Shop): Promise<Stock> {
  const here = staff.filter(one => !one.until)
  const kinds: Kind[] = []
  for (const { flavour, branch, street, ...kind } of KINDS) {
    const { women, men, womensSurnames, surnames, companies, suppliers, cities } = await loadNames(flavour)
    const location = branches[branch]!.location.id
    const words = await fold(db, { women, men, womensSurnames, surnames, companies, suppliers })
    kinds.push({ ...kind, ...words, cities, streets: women.map(name => street.replace('*', name)), location, staff: here.filter(({ locations }) => locations.includes(location)).map(({ id, language }) => ({ id, language })) })
  }
  const { names } = await fold(db, { names: tags.map(({ name }) => name) })
  const typeOf = (key: string) => phoneTypes.find(type => type.key === key)!.id
  const idsOf = (...roles: string[]) => here.filter(({ role }) => roles.includes(role)).map(({ id }) => id)
  return {
    country, kinds, campaigns, tags: tags.map(({ id }, n) => ({ id, ...names[n]! })), mobile: typeOf('mobile'), work: typeOf('work'),
    wordings, calendar: { start, end, offset }, own, prices, managers: idsOf('manager'), admins: idsOf('admin', 'owner')
  }
}

/** As Postgres folds them: a text of several is folded as its words are. */
async function fold<K extends string> (db: Db, lists: Record<K, string[]>): Promise<Record<K, Word[]>> {
  const { rows: [{ folded }] } = await db.raw('select json_object_agg(key, (select json_agg(fold(word) order by place) from json_array_elements_text(value) with ordinality as w (word, place))) as folded from json_each(?)', [JSON.stringify(lists)])
  return Object.fromEntries(Object.entries<string[]>(lists).map(([list, words]) => [list, words.map((written, n) => ({ written, folded: folded[list][n] }))])) as Record<K, Word[]>
}
