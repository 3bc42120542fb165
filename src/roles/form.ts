import { z } from 'zod'
import { BUILT_IN_ROLES, isRight, type Right } from '../rights.js'
import { idOf, optionalId, readForm, refused, required, text, tick, type Body, type FieldErrors, type Form } from '../web/form.js'
import { translator } from '../web/i18n.js'
import { LANGUAGES } from '../web/viewer.js'

// A second "Manager" beside the built-in one, in any of our languages, would have people given the wrong one.
const BUILT_IN_NAMES = new Set(LANGUAGES.flatMap(language => Object.keys(BUILT_IN_ROLES).map(key => translator(language)(`roles.${key}`).toLowerCase())))

const name = required(60).refine(value => !BUILT_IN_NAMES.has(value.toLowerCase()), { error: 'form.taken_by_built_in' })
const schema = z.object({ name, was: text(60) })
const newSchema = z.object({ name, copy: optionalId })

export type RoleValues = z.output<typeof schema>

export const readRoleForm = (body: unknown) => readForm(schema, body)
export const readNewRoleForm = (body: unknown) => readForm(newSchema, body)

const twoSteps = z.object({ two_steps: tick })

/** Reads whether a role's people have to sign in in two steps. */
export const readTwoStepsForm = (body: unknown) => readForm(twoSteps, body)

/** What a save of the matrix changes in one role. */
export interface RightsChange { role: number, given: Right[], taken: Right[] }

/**
 * Reads the matrix: for each role `was.<id>`, the rights that stood ticked when the page was made (in one text), and
 * `rights.<id>`, those that are ticked now. Only the difference is a change, so a page that lay open for an hour takes back nothing.
 */
export function readRightsForm (body: unknown): Form<RightsChange[]> {
  const typed = (typeof body === 'object' && body !== null ? body : {}) as Body
  const changes: RightsChange[] = []
  const errors: FieldErrors = {}
  for (const name of Object.keys(typed)) {
    const role = name.startsWith('was.') ? idOf(name.slice('was.'.length)) : null
    if (role === null) continue
    const { was, now } = boxesOf(typed, role)
    if (![...now].every(isRight)) errors[`rights.${role}`] = { key: 'form.invalid' }
    const given = [...now].filter(right => !was.has(right)) as Right[]
    const taken = [...was].filter(right => !now.has(right)) as Right[]
    if (given.length + taken.length > 0) changes.push({ role, given, taken })
  }
  return Object.keys(errors).length > 0 ? refused(typed, errors) : { values: changes, typed }
}

/** The boxes of one role as they came: those ticked before and those ticked now. A right that this version doesn't know has no box: it stays. */
export function boxesOf (typed: Body, role: number): { was: Set<string>, now: Set<string> } {
  return { was: new Set(listOf(typed[`was.${role}`]).flatMap(names => names.split(' ')).filter(isRight)), now: new Set(listOf(typed[`rights.${role}`])) }
}

const listOf = (value: string | string[] | undefined) => value === undefined ? [] : [value].flat()
