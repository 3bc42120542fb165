import { HOWS } from '../clients/consents/consent.js'
import type { Shape } from '../form-editor/definition.js'
import { oneOf, readOne, text, tick, typedText, type Body, type FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { mayCreate } from './checking/plan.js'
import type { Target } from './columns/targets.js'
import { CREATES, EXISTING, RULES, type Rules } from './rules.js'

/** Says that the consents of a file are to be left out. */
export const NO_CONSENTS = 'none'

export interface ColumnsForm { columns: (string | null)[], rules: Rules, errors: FieldErrors }

/** By what a row can be known to be about a client. */
export const matchers = (shape: Shape): string[] => ['id', 'phone', 'email', ...shape.fields.filter(({ kind, removed }) => kind === 'unique_id' && !removed).map(({ key }) => `own.${key}`)]

/** Reads which column is what, and what shall happen. What isn't offered is left out. */
export function readColumnsForm (body: unknown, viewer: Viewer, { header, targets, shape }: { header: readonly string[], targets: readonly Target[], shape: Shape }): ColumnsForm {
  const typed = (body ?? {}) as Body
  const errors: FieldErrors = {}
  const known = new Map(targets.map(target => [target.name, target]))
  const columns = header.map((_, at) => known.has(typedText(typed, `column.${at}`)) ? typedText(typed, `column.${at}`) : null)
  for (const [at, name] of columns.entries()) {
    if (name !== null && known.get(name)!.several === null && columns.indexOf(name) < at) errors[`column.${at}`] = { key: 'imports.column_twice' }
  }
  const all = (name: string) => [typed[name] ?? []].flat()
  const existing = readOne(oneOf(EXISTING), typed.existing)
  const note = readOne(text(500), typed.how_note)
  if (existing.error) errors.existing = existing.error
  if (note.error) errors.how_note = note.error
  const how = HOWS.find(how => how === typedText(typed, 'how')) ?? null
  const rules: Rules = {
    match: matchers(shape).filter(name => all('match').includes(name)),
    existing: existing.value ?? RULES.existing,
    restores: readOne(tick, typed.restores).value ?? false,
    creates: CREATES.filter(what => all('creates').includes(what) && mayCreate(viewer, what)),
    how, how_note: note.value ?? ''
  }
  if (columns.some(name => name?.startsWith('consent.')) && how === null && typedText(typed, 'how') !== NO_CONSENTS) errors.how = { key: 'imports.how_missing' }
  const names = columns.some(name => name !== null && ['name', 'first_name', 'surname', 'company_name'].includes(name))
  const finds = columns.some(name => name !== null && rules.match.some(by => name === by || name.startsWith(`${by}:`)))
  if (!names && !finds) errors.columns = { key: 'imports.no_name' }
  return { columns, rules, errors }
}
