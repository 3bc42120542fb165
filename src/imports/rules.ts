import type { How } from '../clients/consents/consent.js'

/** What happens to a client that a row is about: nothing, what it lacks is filled in, or the file's word counts. An empty cell changes nothing. */
export const EXISTING = ['skip', 'fill', 'overwrite'] as const
export type Existing = (typeof EXISTING)[number]

/** What may be made when a row names one that there isn't. */
export const CREATES = ['tags', 'campaigns', 'locations', 'choices'] as const
export type Creates = (typeof CREATES)[number]

/** What an import does with its rows. */
export interface Rules {
  /** By what a row is known to be about a client: "id", "phone", "email", and unique ids as "own.<key>". */
  match: string[]
  existing: Existing
  /** Whether an archived client that a row is about comes back. */
  restores: boolean
  creates: Creates[]
  /** How the clients gave the consents that the file tells of; null: nobody said, so none is taken over. */
  how: How | null
  /** Where that can be looked up: "paper forms in the blue folder". */
  how_note: string
}

export const RULES: Rules = { match: ['id', 'phone', 'email'], existing: 'fill', restores: true, creates: ['tags'], how: null, how_note: '' }

/** What is wrong with a row, or why it is left alone: of a column of the file, of a field, or of the row. */
export interface Problem { column?: number, field?: string, key: string, values?: Record<string, unknown> }
