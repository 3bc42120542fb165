import type { Body } from '../web/form.js'
import type { ContactKind } from './client.js'
import { rowIndexes } from './contacts/form.js'
import { emailRows } from './emails/rows.js'
import type { FormState } from './form-state.js'
import { phoneRows } from './phones/rows.js'
import type { Choices } from './queries.js'

/** Steps in filling in a form that send it and save nothing: one row more or less, a type of phone to name, a tag of a new client, the other kind's form. */
export const isStep = (body: Body): boolean => STEPS.some(name => name in body)

const STEPS = ['add_phone', 'add_email', 'drop_phone', 'drop_email', 'ask_type', 'switch_kind']

/** Empty rows to type into: those asked for, and in a new form one of each to begin with. */
export function addRows (body: Body, form: FormState, { phoneTypes }: Choices, isNew: boolean): void {
  const next = (rows: { index: string }[]) => Math.max(-1, ...rows.map(row => Number(row.index))) + 1
  dropRow(form.phones, body.drop_phone)
  dropRow(form.emails, body.drop_email)
  for (const row of form.phones) if (row.index === body.ask_type) row.asksType = true
  // A row that nothing was typed into yet stays, beside the one that is asked for.
  const least = (kind: ContactKind) => `add_${kind}` in body ? rowIndexes(body, kind).length + 1 : isNew ? 1 : 0
  while (form.phones.length < least('phone')) form.phones.push(phoneRows.fresh(next(form.phones), phoneTypes))
  while (form.emails.length < least('email')) form.emails.push(emailRows.fresh(next(form.emails), []))
}

/** A row taken off without JavaScript: a new one vanishes, one that is stored is marked and goes with the next save. */
function dropRow (rows: { index: string, id: number | null, remove: boolean }[], index: unknown): void {
  const at = rows.findIndex(row => row.index === index)
  if (at === -1) return
  if (rows[at]!.id === null) rows.splice(at, 1)
  else rows[at]!.remove = true
}
