import type { Shape } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import { isNothing, valuesOf } from '../../form-editor/value.js'
import { fingerprint } from '../../web/fingerprint.js'
import type { Viewer } from '../../web/viewer.js'
import type { Client, Field } from '../client.js'
import { mayWrite } from '../form.js'
import { told, type OwnChange, type ToldValue } from '../../form-editor/own/save.js'
import { ownFingerprint } from '../../form-editor/own/state.js'

/** What is chosen of one client as a whole when several become one: each with its fields, and the columns they stand in. */
export const PARTS = {
  kind: { fields: ['kind'], columns: ['kind'] },
  first_name: { fields: ['first_name'], columns: ['first_name'] },
  surname: { fields: ['surname'], columns: ['surname'] },
  company_name: { fields: ['company_name'], columns: ['company_name'] },
  is_supplier: { fields: ['is_supplier'], columns: ['is_supplier'] },
  conflicted: { fields: ['is_conflicted', 'conflict_reason'], columns: ['is_conflicted', 'conflict_reason'] },
  // A place on the map belongs to its address.
  address: { fields: ['address'], columns: ['address', 'latitude', 'longitude', 'place_source', 'place_address'] },
  language: { fields: ['language'], columns: ['language'] },
  campaign_id: { fields: ['campaign_id'], columns: ['campaign_id'] },
  location_id: { fields: ['location_id'], columns: ['location_id'] },
  discount_services: { fields: ['discount_services'], columns: ['discount_services', 'price_type_services_id'] },
  discount_products: { fields: ['discount_products'], columns: ['discount_products', 'price_type_products_id'] },
  note: { fields: ['note'], columns: ['note'] }
} as const satisfies Record<string, { fields: readonly Field[], columns: readonly string[] }>
export type Part = keyof typeof PARTS
export const PART_NAMES = Object.keys(PARTS) as Part[]

/** Of notes all can be kept, one below the other. */
export const ALL = 'all'
/** Stands for every field among the picks: all of one client. */
export const EVERY = '*'
export const MOST_NOTE = 10_000

/** One line of the comparison: what each client has, and whose is taken. */
export interface Line {
  /** A part, or "own.plate". */
  name: string
  /** Of an own field, how it is called and shown. */
  own?: OwnChange['own'] & { id: number }
  values: { client: number, value: unknown, told?: ToldValue, isEmpty: boolean }[]
  isEqual: boolean
  /** A client's id; of notes also "all". */
  picked: number | typeof ALL
  /** Whether the viewer may choose; otherwise the survivor's stays. */
  writable: boolean
}

/**
 * The fields of clients side by side, those that differ first. What is taken unless somebody chooses: the survivor's, or where it has
 * nothing the first that has something; notes are kept all. Neither a warning nor a note is lost by merging.
 */
export function compare (viewer: Viewer, shape: Shape, clients: readonly Client[], survivor: number, picks: ReadonlyMap<string, string> = new Map()): Line[] {
  const parts = PART_NAMES.map((name): Line => {
    const { fields } = PARTS[name]
    const values = clients.map(client => ({ client: client.id, value: fields.length === 1 ? client[fields[0]] : fields.map(field => client[field]), isEmpty: isEmpty(client[fields[0]]) }))
    return line(name, values, values.map(({ value }) => fingerprint(value)), fields.every(field => mayWrite(viewer, field)))
  })
  const fields = shape.fields.filter(({ removed }) => !removed)
  const own = clients.map(client => ({ client: client.id, values: valuesOf(fields, client.own) }))
  const lines = fields.filter(({ key }) => own.some(({ values }) => !isNothing(values[key]))).map((field): Line => {
    const values = own.map(({ client, values }) => ({ client, value: values[field.key]!, told: told(field, values[field.key]!), isEmpty: isNothing(values[field.key]) }))
    return { ...line(nameOf(field), values, values.map(({ value }) => ownFingerprint(value)), true), own: { id: field.id, kind: field.kind, labels: field.labels } }
  })
  return [...parts, ...lines].sort((a, b) => Number(a.isEqual) - Number(b.isEqual))

  function line (name: string, values: Line['values'], prints: string[], writable: boolean): Line {
    const isEqual = new Set(prints).size === 1
    return { name, values, isEqual, writable, picked: writable && !isEqual ? asked(name, values) ?? usual(name, values) : survivor }
  }

  function asked (name: string, values: Line['values']): Line['picked'] | undefined {
    const pick = picks.get(name) ?? picks.get(EVERY)
    if (pick === ALL && name === 'note') return ALL
    return values.find(({ client }) => String(client) === pick)?.client
  }

  function usual (name: string, values: Line['values']): Line['picked'] {
    const notes = name === 'note' ? values.map(({ value }) => value as string).filter(note => note !== '') : []
    if (new Set(notes).size > 1 && joinNotes(notes).length <= MOST_NOTE) return ALL
    return (values.find(({ client, isEmpty }) => client === survivor && !isEmpty) ?? values.find(({ isEmpty }) => !isEmpty))?.client ?? survivor
  }
}

const isEmpty = (value: unknown): boolean => value === '' || value === null || value === false || value === 0

/** The notes of all, each once, one below the other. */
export const joinNotes = (notes: readonly string[]): string => [...new Set(notes.filter(note => note !== ''))].join('\n\n')

/** Whether the merged client would have a name: a company's, or a person's first name or surname. */
export function hasName (lines: readonly Line[]): boolean {
  const of = (name: Part) => { const line = lines.find(line => line.name === name)!; return line.values.find(({ client }) => client === line.picked)?.value }
  return of('kind') === 'company' ? of('company_name') !== '' : of('first_name') !== '' || of('surname') !== ''
}
