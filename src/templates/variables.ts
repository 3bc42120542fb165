import type { OwnField, Shape } from '../form-editor/definition.js'
import type { Labels } from '../web/labels.js'

/** What templates can name, by group; beside them the own fields of clients and of leads, as "client.own.plate". */
export const VARIABLES = {
  company: ['name', 'phone', 'email', 'address'],
  client: ['name', 'first_name', 'surname', 'company_name', 'phone', 'email', 'address', 'location', 'discount_services', 'discount_products'],
  lead: ['number', 'type', 'status', 'contact', 'phone', 'due', 'location', 'created'],
  employee: ['name', 'first_name', 'email'],
  date: ['today', 'tomorrow', 'weekday', 'time', 'year'],
  link: ['website', 'booking', 'review', 'map']
} as const
export type VariableGroup = keyof typeof VARIABLES
export const GROUPS = Object.keys(VARIABLES) as VariableGroup[]

/** A variable as it is listed: `own` are the words of an own field. */
export interface Variable { name: string, group: VariableGroup, key: string, own: Labels | null }

export type Shapes = Record<'client' | 'lead', Shape>

/** Everything a template may name now. */
export function listVariables (shapes: Shapes): Variable[] {
  return GROUPS.flatMap(group => [
    ...VARIABLES[group].map((key): Variable => ({ name: `${group}.${key}`, group, key, own: null })),
    ...(group === 'client' || group === 'lead' ? ownOf(shapes[group]).map((field): Variable => ({ name: ownName(group, field), group, key: field.key, own: field.labels })) : [])
  ])
}

export const ownOf = ({ fields }: Shape): OwnField[] => fields.filter(({ removed }) => !removed)

export const ownName = (group: 'client' | 'lead', { key }: Pick<OwnField, 'key'>): string => `${group}.own.${key}`

/** Of these names the one that was probably meant: the fewest signs away, of what stands behind the last dot too. */
export function nearest (name: string, names: readonly string[]): string | undefined {
  const wanted = plain(name)
  const far = (other: string) => Math.min(distance(wanted, plain(other)), distance(lastOf(wanted), plain(lastOf(other))) + 0.5)
  return names.map(other => [far(other), other] as const).sort(([a], [b]) => a - b)[0]?.[1]
}

const plain = (name: string) => name.toLowerCase().replace(/[\s-]+/g, '_').slice(0, 60)
const lastOf = (name: string) => name.slice(name.lastIndexOf('.') + 1)

// Levenshtein's: insertions, deletions and replacements.
function distance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
