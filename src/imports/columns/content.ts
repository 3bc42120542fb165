import { isEmail } from '../../web/shape.js'
import { folded } from './names.js'
import { saysNothing } from './nothing.js'
import { splitJoined, splitValues, splitWords } from './values.js'

/** What the cells of a column look like; null when it can't be told. */
export type Looks = 'phone' | 'email' | 'yes_no' | 'date' | 'date_time' | 'number' | 'kind' | 'link' | null

const MOST = 0.8

/** What most of a column's cells are. */
export function looksOf (cells: readonly string[]): Looks {
  const filled = cells.filter(cell => cell !== '')
  if (filled.length === 0) return null
  const mostOf = (cells: readonly string[]) => (is: (cell: string) => boolean) => cells.filter(is).length >= cells.length * MOST
  if (mostOf(filled)(isYesNo)) return 'yes_no'
  if (mostOf(filled)(isKind)) return 'kind'
  // Of phones and the like every other may be "brak" or "n/a".
  const told = filled.filter(cell => !saysNothing(cell))
  if (told.length === 0) return null
  const most = mostOf(told)
  if (most(cell => splitValues(cell).flatMap(splitWords).every(isEmail))) return 'email'
  if (most(cell => /^\d{4}-\d\d-\d\d$/.test(cell) || isLocalDate(cell))) return 'date'
  if (most(cell => /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(cell))) return 'date_time'
  if (most(cell => splitNumbers(cell).every(isPhoneLike))) return 'phone'
  if (most(cell => /^-?[\d\s.,']+%?$/.test(cell))) return 'number'
  if (most(cell => /^(?:https?:\/\/|www\.)\S+$/i.test(cell))) return 'link'
  return null
}

const YES = new Set(['yes', 'y', 'true', '1', 'x', 'on', 'tak', 't', 'prawda', 'si', 's', 'verdadero', 'sim', 'verdadeiro', 'v'])
const NO = new Set(['no', 'n', 'false', '0', 'off', 'nie', 'falsz', 'falso', 'nao', 'f'])

/** "Yes" or "no" in one of four languages, or as programs write it; null when it is neither. */
export function yesOrNo (cell: string): boolean | null {
  if (cell === '✓' || cell === '✔' || cell === '☑') return true
  if (cell === '-' || cell === '✗' || cell === '☐') return false
  const plain = folded(cell)
  return YES.has(plain) ? true : NO.has(plain) ? false : null
}
const isYesNo = (cell: string) => cell.length <= 12 && yesOrNo(cell) !== null

const PERSON = new Set(['person', 'individual', 'private', 'natural person', 'osoba', 'osoba fizyczna', 'osoba prywatna', 'prywatny', 'persona', 'persona fisica', 'particular', 'pessoa', 'pessoa fisica', 'pessoa singular', 'singular', 'b2c'])
const COMPANY = new Set(['company', 'business', 'organization', 'organisation', 'legal entity', 'firma', 'firmowy', 'osoba prawna', 'empresa', 'persona juridica', 'pessoa juridica', 'pessoa coletiva', 'coletiva', 'organizacja', 'organizacion', 'organizacao', 'b2b'])

/** "Person" or "company" in one of four languages; null when it is neither. */
export function kindIn (cell: string): 'person' | 'company' | null {
  const plain = folded(cell)
  return PERSON.has(plain) ? 'person' : COMPANY.has(plain) ? 'company' : null
}
const isKind = (cell: string) => cell.length <= 30 && kindIn(cell) !== null

const isLocalDate = (cell: string) => /^(?:[0-3]?\d)[./-](?:[0-3]?\d)[./-](?:\d{2}|\d{4})$/.test(cell)

/** Numbers that stand in one cell, also "697 000 111 / 697 000 112". */
export const splitNumbers = (cell: string): string[] => cell.split(/[\n,;|]|\s\/\s|\/(?=\s*\+)|(?<=\d{6})\/(?=\d{6})/).map(part => part.trim()).filter(part => part !== '').flatMap(splitJoined)

function isPhoneLike (text: string): boolean {
  if (!/^(?:tel\.?:?\s*)?\+?[\d\s().\-/]+(?:\s*(?:ext|x|wew)\.?\s*\d+)?$/i.test(text)) return false
  const digits = text.replace(/\D/g, '').length
  return digits >= 7 && digits <= 16
}
