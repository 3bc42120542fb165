import type { AsOf } from '../database/unchanged.js'
import type { Right } from '../rights.js'

export const LANGUAGES = ['en', 'es', 'pl', 'pt'] as const
export type Language = (typeof LANGUAGES)[number]

export const isLanguage = (value: unknown): value is Language => (LANGUAGES as readonly unknown[]).includes(value)

export type Uniqueness = 'allow' | 'warn' | 'refuse'

/** The company that this installation belongs to. */
export interface Organisation {
  name: string
  /** ISO 3166-1 alpha-2; national phone numbers are read in it. */
  country: string
  /** ISO 4217. */
  currency: string
  /** IANA, "Europe/Warsaw". */
  timeZone: string
  language: Language
  phoneUniqueness: Uniqueness
  emailUniqueness: Uniqueness
  /** What may be attached: the size of one file, how many at once, and the kinds (src/files/file.ts). */
  fileMegabytes: number
  fileCount: number
  fileKinds: string[]
  /** Absent as one that makes no calls. */
  telephony?: Telephony
  /** SHA-256 of the logo, which stands at the head of every page, and its size in pixels. */
  logo: Logo | null
}

/** What a number is: something to press that rings a telephone here and then theirs (`dials`), or a link for the device's own. */
export interface Telephony { dials: boolean, scheme: 'tel' | 'sip', sipDomain: string }

export interface Logo { hash: string, width: number, height: number }

/** The employee who asks. Read anew at each request, so a change of rights acts at the next one. */
export interface Viewer {
  id: number
  name: string
  email: string
  language: Language
  roleId: number
  roleKey: string | null
  rights: ReadonlySet<Right>
  organisation: Organisation
  /** Where they work. */
  locationIds: readonly number[]
  /** Which version of its forms and fields each subject has now ("client"): what a process remembers of them holds while it is this one. */
  formVersions: Readonly<Record<string, number>>
  /** Of which lists they have rows ticked, maybe old ones. */
  hasTicked?: Readonly<Record<'client' | 'lead', boolean>>
  /** Whether their role asks for two-step sign-in and they have not set it up: until then nothing else opens. */
  needsTwoSteps?: boolean
  /** The role through whose eyes they look now; nothing can be changed meanwhile. */
  viewingAs?: { id: number, key: string | null, name: string | null } | null
  /** What the database was as their request began, of one that changes nothing: see src/database/unchanged.ts. */
  asOf?: AsOf
  /** What the database's clock said then, in milliseconds. */
  now?: number
  can (right: Right): boolean
}

/** Makes a viewer of what the session query found; an owner may do everything. */
export function makeViewer (row: Omit<Viewer, 'rights' | 'can'> & { rights: readonly string[] }): Viewer {
  const rights = new Set(row.rights as Right[])
  const owner = row.roleKey === 'owner'
  return { ...row, rights, can: right => owner || rights.has(right) }
}
