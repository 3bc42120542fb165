import { typedText, type FieldError } from '../../web/form.js'
import { fingerprint } from '../../web/fingerprint.js'
import type { Viewer } from '../../web/viewer.js'
import { localOf } from '../../web/zone.js'
import { itemsOf, type Form, type OwnField } from '../definition.js'
import { defaultValues, nameOf } from '../schema.js'
import { valuesOf, type OwnValue } from '../value.js'
import { partOf, type Owner, type OwnForm } from './form.js'

/** One own field as its input shows it: `value` as it would be typed, of choices the ids as text, of a number the number. */
export interface OwnState { input: OwnInput, value: string | number | string[], error: FieldError | undefined, was: string }

/** How the input of an own field is called: its name in the form, its id, the part that saves itself. */
interface OwnInput { name: string, id: string, part: string }

const inputs = new WeakMap<OwnField, OwnInput>()

function inputOf (field: OwnField): OwnInput {
  let input = inputs.get(field)
  if (!input) inputs.set(field, input = { name: nameOf(field), id: `own-${field.key.replace(/[^a-z0-9]+/g, '-')}`, part: partOf(field) })
  return input
}

/** A fingerprint that doesn't hang on the order of the options, which an admin may change. */
export const ownFingerprint = (value: OwnValue): string => fingerprint(Array.isArray(value) ? value.toSorted((a, b) => a - b) : value)

/** The own fields of a form as they are shown: from what is stored (of a new client, the defaults) or, when a form was sent back, from what was typed; see formState. */
export function ownStates (viewer: Viewer, owner: Owner | null, asks: Form, form: OwnForm | undefined, isShown: (name: string) => boolean): Record<string, OwnState> {
  const { timeZone } = viewer.organisation
  // The hidden and removed too: one may still be open in a window.
  const fields = itemsOf(asks).flatMap(({ field }) => field ?? [])
  const stored = owner ? valuesOf(fields, owner.own) : defaultValues(fields, timeZone)
  return Object.fromEntries(fields.map(field => [field.key, state(field, stored[field.key] ?? null)]))

  function state (field: OwnField, value: OwnValue): OwnState {
    const input = inputOf(field), { name } = input
    const now = owner ? ownFingerprint(value) : ''
    const sent = form && typedText(form.typed, `was.${name}`)
    const mine = form?.own.find(write => write.field.key === field.key)
    const isAgain = form && name in form.typed && !(mine && sent && ownFingerprint(mine.value) === sent)
    return {
      input,
      value: isAgain ? typedAgain(field, form.typed[name]) : shown(value, field, timeZone),
      error: form?.errors[name],
      was: isAgain && !isShown(name) ? sent || now : now
    }
  }
}

function typedAgain ({ kind }: OwnField, typed: string | string[] | undefined): string | string[] {
  const all = [typed ?? []].flat()
  return kind === 'several_choices' ? all : all[0] ?? ''
}

function shown (value: OwnValue, { kind }: OwnField, timeZone: string): OwnState['value'] {
  if (Array.isArray(value)) return value.map(String)
  if (kind === 'date_time' && value) return localOf(new Date(value as string), timeZone)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return kind === 'one_choice' && value !== null ? String(value) : value ?? ''
}
