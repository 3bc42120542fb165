import type { TAG_COLOURS } from '../../src/clients/client.js'
import type { Language } from '../../src/web/viewer.js'
import { en } from './words/en.js'
import { es } from './words/es.js'
import { pl } from './words/pl.js'
import { pt } from './words/pt.js'
import type { Chance } from './chance.js'

/** What the staff of a repair shop writes, in one language. {item}, {price}, {day} and {hour} are filled in at random. */
export interface Words {
  notes: string[]
  comments: string[]
  supplierNotes: string[]
  conflicts: string[]
  items: string[]
  days: string[]
  /** Of the example data: name and colour. */
  tags: [name: string, colour: Colour][]
  campaigns: string[]
  locations: string[]
}

export type Colour = (typeof TAG_COLOURS)[number]

export const WORDS: Record<Language, Words> = { en, es, pl, pt }

/** Fills the gaps of a sentence. */
export function fill (sentence: string, words: Words, chance: Chance): string {
  return sentence.replace(/\{(item|price|day|hour)\}/g, (_, gap: string) => {
    if (gap === 'item') return chance.pick(words.items)
    if (gap === 'price') return String(chance.int(4, 90) * 10)
    if (gap === 'day') return chance.pick(words.days)
    return `${chance.int(9, 17)}:${chance.pick(['00', '15', '30', '45'])}`
  })
}
