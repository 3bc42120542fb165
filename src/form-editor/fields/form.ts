import { z } from 'zod'
import { oneOf, readForm, readOne, text, tick, typedText, type Body, type FieldErrors } from '../../web/form.js'
import type { Labels } from '../../web/labels.js'
import { decimalMark } from '../../web/format.js'
import { LANGUAGES, type Language, type Viewer } from '../../web/viewer.js'
import { FIELD_KINDS, isChoice, itemsOf, type FieldKind, type OwnField } from '../definition.js'
import { schemaOf } from '../schema.js'
import type { Shaped } from '../shaped.js'

/** A choice as it was typed; `id` null is a new one. */
export interface OptionRow { id: number | null, labels: Labels, is_default: boolean, retired: boolean }

/** What an admin says of a field. */
export interface FieldValues {
  kind: FieldKind
  labels: Labels
  help: Labels
  default_value: string
  options: OptionRow[]
  /** By the form's key: whether it asks for it, and has to have it. */
  asked: Record<string, { asked: boolean, required: boolean }>
}

export interface FieldForm { values?: FieldValues, errors: FieldErrors, typed: Body, options: OptionRow[] }

const MOST_OPTIONS = 200

/** Words in several languages from `<name>.<language>`; the company's own is the one that has to be there. */
export function readLabels (body: Body, name: string, max: number, errors: FieldErrors, main?: Language): Labels {
  const labels: Labels = {}
  for (const language of LANGUAGES) {
    const { value, error } = readOne(text(max), body[`${name}.${language}`])
    if (error) errors[`${name}.${language}`] = error
    else if (value !== '') labels[language] = value
    else if (language === main) errors[`${name}.${language}`] = { key: 'form.required' }
  }
  return labels
}

/** Reads the form of a field: a new one, or (its kind fixed) one that is there. Never throws. */
export function readFieldForm (body: unknown, viewer: Viewer, { forms }: Pick<Shaped, 'forms'>, field?: OwnField): FieldForm {
  const typed = (body ?? {}) as Body
  const main = viewer.organisation.language
  const read = readForm(z.object({ kind: oneOf(FIELD_KINDS), default_value: text(10_000), default_yes_no: text(10), default_now: tick }), field ? { ...typed, kind: field.kind } : typed)
  const errors: FieldErrors = { ...read.errors }
  const labels = readLabels(typed, 'label', 80, errors, main)
  const help = readLabels(typed, 'help', 300, errors)
  const kind: FieldKind | undefined = read.values?.kind
  const options = readOptions(typed, errors, main, kind !== undefined && isChoice(kind))
  if (kind && isChoice(kind)) checkOptions(kind, options, errors)
  const default_value = kind ? defaultOf(kind, read.values!, viewer, errors) : ''
  const asked = Object.fromEntries(forms.map(({ key }) => [key, { asked: `on.${key}` in typed, required: `required.${key}` in typed }]))
  if (!Object.values(asked).some(form => form.asked) && !field) errors.on = { key: 'form_editor.asked_nowhere' }
  if (!kind || Object.keys(errors).length > 0) return { errors, typed, options }
  return { values: { kind, labels, help, default_value, options: isChoice(kind) ? options : [], asked }, errors, typed, options }
}

/** The rows of choices: `option_rows` names their indexes, `options.<index>.…` holds them. New ones nothing was typed into count for nothing. */
export function readOptions (typed: Body, errors: FieldErrors, main: Language, check: boolean): OptionRow[] {
  const indexes = [...new Set([typed.option_rows ?? []].flat().filter(index => /^\d{1,4}$/.test(index)))].slice(0, 2 * MOST_OPTIONS)
  return indexes.flatMap((index): OptionRow[] => {
    const name = `options.${index}`
    const wrong: FieldErrors = {}
    const labels = readLabels(typed, `${name}.label`, 100, wrong, main)
    const id = Number(typedText(typed, `${name}.id`)) || null
    const row = { id, labels, is_default: `${name}.default` in typed, retired: `${name}.retired` in typed }
    if (id === null && Object.values(labels).every(words => !words) && Object.values(wrong).every(({ key }) => key === 'form.required')) return []
    if (check) Object.assign(errors, wrong)
    return [row]
  })
}

function checkOptions (kind: FieldKind, options: readonly OptionRow[], errors: FieldErrors): void {
  const offered = options.filter(({ retired }) => !retired)
  if (options.length > MOST_OPTIONS) errors.options ??= { key: 'form_editor.many_choices', values: { max: MOST_OPTIONS } }
  if (offered.length === 0) errors.options ??= { key: 'form_editor.no_choices' }
  const words = offered.flatMap(({ labels }) => [...new Set(Object.values(labels).map(label => label.toLowerCase()))])
  if (new Set(words).size < words.length) errors.options ??= { key: 'form_editor.same_choices' }
  if (kind === 'one_choice' && offered.filter(({ is_default }) => is_default).length > 1) errors.options ??= { key: 'form_editor.one_default' }
}

// Each kind has its own way of saying what a new client begins with.
function defaultOf (kind: FieldKind, read: { default_value: string, default_yes_no: string, default_now: boolean }, viewer: Viewer, errors: FieldErrors): string {
  if (kind === 'yes_no') return ['yes', 'no'].includes(read.default_yes_no) ? read.default_yes_no : ''
  if (kind === 'date') return read.default_now ? 'today' : ''
  if (kind === 'date_time') return read.default_now ? 'now' : ''
  if (kind !== 'short_text' && kind !== 'long_text' && kind !== 'number') return ''
  const field: OwnField = { id: 0, key: '', kind, labels: {}, help: {}, default_value: '', version: 0, removed: false, options: [] }
  const { timeZone, country } = viewer.organisation
  const { value, error } = readOne(schemaOf(field, timeZone, decimalMark(viewer.language, country)), read.default_value)
  if (error) errors.default_value = error
  // Whatever the language of those who read it later.
  return kind === 'number' ? String(value ?? '') : read.default_value
}

/** What the form shows of a field before anything was typed. */
export function fieldTyped (field: OwnField, { forms }: Pick<Shaped, 'forms'>, viewer: Viewer): Body {
  const { kind, default_value } = field
  const on = forms.flatMap(form => {
    const { key } = form
    const item = itemsOf(form).find(item => item.field?.id === field.id)
    return [...(item && !item.hidden ? [[`on.${key}`, '1']] : []), ...(item?.required ? [[`required.${key}`, '1']] : [])]
  })
  return {
    ...typedLabels('label', field.labels), ...typedLabels('help', field.help), ...Object.fromEntries(on), kind, version: String(field.version),
    default_value: kind === 'number' ? default_value.replace('.', decimalMark(viewer.language, viewer.organisation.country)) : default_value, default_yes_no: default_value, ...(default_value && { default_now: '1' })
  }
}

/** Labels as readLabels reads them. */
export const typedLabels = (name: string, labels: Labels): Body => Object.fromEntries(LANGUAGES.map(language => [`${name}.${language}`, labels[language] ?? '']))

/** A choice moved up among its rows, or one row more to type into: neither is saved. */
export function isFieldStep (body: Body): boolean { return 'add_option' in body || 'option_up' in body }

/** The rows after such a step, and with the empty ones that follow. */
export function optionRows (rows: readonly OptionRow[], body: Body, fresh: number): OptionRow[] {
  const all = [...rows]
  const at = Number(body.option_up)
  if ('option_up' in body && at > 0 && at < all.length) [all[at - 1], all[at]] = [all[at]!, all[at - 1]!]
  return [...all, ...Array.from({ length: 'add_option' in body ? Math.max(fresh, 3) : fresh }, () => ({ id: null, labels: {}, is_default: false, retired: false }))]
}
