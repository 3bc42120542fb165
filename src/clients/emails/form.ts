import { z } from 'zod'
import { idOf, isEmail, readForm, text, tick, type Body, type FieldErrors } from '../../web/form.js'
import { rowIndexes } from '../phones/form.js'

/** One e-mail as the form sends it. */
export interface EmailValues {
  id: number | null
  /** Undefined when the viewer saw it masked and so did not send it. */
  address: string | undefined
  agrees: boolean
  remove: boolean
  was: string
}

export interface EmailRow { index: string, id: number | null, typed: string, agrees: boolean, remove: boolean, was: string }

const one = z.object({ id: z.string().default(''), address: text(254), agrees: tick, remove: tick, was: z.string().max(64).default('').catch('') })

/** Reads the rows of e-mails in a body, as readPhones does the phones. Errors stand under `emails.<index>.address`. */
export function readEmails (body: Body): { values: EmailValues[], rows: EmailRow[], errors: FieldErrors } {
  const errors: FieldErrors = {}
  const values: EmailValues[] = []
  const rows: EmailRow[] = []
  const seen = new Set<string>()

  for (const index of rowIndexes(body, 'email_rows')) {
    const name = `emails.${index}`
    const sent = Object.fromEntries(['id', 'address', 'agrees', 'remove', 'was'].map(field => [field, body[`${name}.${field}`]]))
    const read = readForm(one, sent)
    const id = idOf(sent.id)
    const typed = String(sent.address ?? '')
    if (!read.errors && read.values.address === '' && id === null) continue
    rows.push({ index, id, typed, agrees: Boolean(sent.agrees), remove: Boolean(sent.remove), was: String(sent.was ?? '') })
    if (read.errors) {
      for (const [field, error] of Object.entries(read.errors)) errors[`${name}.${field}`] = error
      continue
    }
    const { address, agrees, remove, was } = read.values
    const masked = id !== null && sent.address === undefined
    const key = address.toLowerCase()
    if (!remove && !masked) {
      if (address === '') errors[`${name}.address`] = { key: 'emails.empty' }
      else if (!isEmail(address)) errors[`${name}.address`] = { key: 'form.email' }
      else if (seen.has(key)) errors[`${name}.address`] = { key: 'emails.twice' }
      seen.add(key)
    }
    values.push({ id, address: masked ? undefined : address, agrees, remove, was })
  }
  return { values, rows, errors }
}
