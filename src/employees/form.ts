import { z } from 'zod'
import { email, ids, oneOf, optionalId, readForm, required, typedText, type Body } from '../web/form.js'
import { LANGUAGES } from '../web/viewer.js'
import type { Employee } from './queries.js'

const schema = z.object({
  name: required(200),
  email,
  role: optionalId.refine(id => id !== null, { error: 'form.choose' }).transform(id => id as number),
  locations: ids,
  language: oneOf(LANGUAGES),
  /** What the writer saw of the employee: see printEmployee. */
  was: z.string().max(64).default('').catch('')
})

export type EmployeeValues = z.output<typeof schema>

export const readEmployeeForm = (body: unknown) => readForm(schema, body)

/** What the form shows: an employee as it is, or as it was typed. */
export interface ShownEmployee { name: string, email: string, role: string, locations: string[], language: string }

export const typedEmployee = (typed: Body): ShownEmployee => ({
  name: typedText(typed, 'name'),
  email: typedText(typed, 'email'),
  role: typedText(typed, 'role'),
  locations: [typed.locations ?? []].flat(),
  language: typedText(typed, 'language')
})

export const shownEmployee = ({ name, email, roleId, locations, language }: Employee): ShownEmployee =>
  ({ name, email, role: String(roleId), locations: locations.map(String), language })
