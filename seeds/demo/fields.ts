import type { Db } from '../../src/database/knex.js'
import type { FieldKind } from '../../src/form-editor/definition.js'
import type { Labels } from '../../src/web/labels.js'

interface DemoField { key: string, kind: FieldKind, labels: Labels, help?: Labels, choices?: Labels[], on?: 'person' | 'company' }

const EQUIPMENT: Labels = { en: 'Equipment', es: 'Equipo', pl: 'Sprzęt', pt: 'Equipamento' }

/** What a repair shop asks besides: own fields of every kind, in a section of their own. */
const FIELDS: DemoField[] = [
  { key: 'device', kind: 'one_choice', labels: { en: 'Usually brings', es: 'Suele traer', pl: 'Zwykle przynosi', pt: 'Costuma trazer' }, choices: [
    { en: 'Phone', es: 'Teléfono', pl: 'Telefon', pt: 'Telemóvel' }, { en: 'Laptop', es: 'Portátil', pl: 'Laptop', pt: 'Portátil' }, { en: 'Bicycle', es: 'Bicicleta', pl: 'Rower', pt: 'Bicicleta' }, { en: 'Coffee machine', es: 'Cafetera', pl: 'Ekspres do kawy', pt: 'Máquina de café' }
  ] },
  { key: 'model', kind: 'short_text', labels: { en: 'Model', es: 'Modelo', pl: 'Model', pt: 'Modelo' } },
  { key: 'serial_number', kind: 'unique_id', labels: { en: 'Serial number', es: 'Número de serie', pl: 'Numer seryjny', pt: 'Número de série' }, help: { en: 'On the label at the back', es: 'En la etiqueta de detrás', pl: 'Na etykiecie z tyłu', pt: 'Na etiqueta de trás' } },
  { key: 'bought_on', kind: 'date', labels: { en: 'Bought on', es: 'Comprado el', pl: 'Kupiono', pt: 'Comprado em' } },
  { key: 'last_service', kind: 'date_time', labels: { en: 'Last service', es: 'Última revisión', pl: 'Ostatni serwis', pt: 'Última revisão' } },
  { key: 'warranty_months', kind: 'number', labels: { en: 'Warranty, months', es: 'Garantía, meses', pl: 'Gwarancja, miesiące', pt: 'Garantia, meses' } },
  { key: 'accessories', kind: 'several_choices', labels: { en: 'Accessories', es: 'Accesorios', pl: 'Akcesoria', pt: 'Acessórios' }, choices: [
    { en: 'Charger', es: 'Cargador', pl: 'Ładowarka', pt: 'Carregador' }, { en: 'Case', es: 'Funda', pl: 'Etui', pt: 'Capa' }, { en: 'Battery', es: 'Batería', pl: 'Bateria', pt: 'Bateria' }
  ] },
  { key: 'paper_invoice', kind: 'yes_no', labels: { en: 'Invoice on paper', es: 'Factura en papel', pl: 'Faktura papierowa', pt: 'Fatura em papel' } },
  { key: 'website', kind: 'link', labels: { en: 'Website', es: 'Sitio web', pl: 'Strona', pt: 'Site' }, on: 'company' },
  { key: 'agreement', kind: 'long_text', labels: { en: 'Agreement', es: 'Acuerdo', pl: 'Umowa', pt: 'Acordo' }, on: 'company' }
]

/** Shapes the demo's forms: a section for the equipment, with fields of every kind. */
export async function shapeForms (trx: Db): Promise<void> {
  const sections = new Map<number, number>()
  for (const form of await trx('forms').where({ subject: 'client' }).select('id')) {
    const last = await trx('form_sections').where({ form_id: form.id }).orderBy('position', 'desc').first('id', 'position')
    await trx('form_sections').where({ id: last.id }).increment('position')
    const [section] = await trx('form_sections').insert({ form_id: form.id, position: last.position, labels: EQUIPMENT }).returning('id')
    sections.set(form.id, section.id)
  }
  for (const [position, { key, kind, labels, help = {}, choices = [], on }] of FIELDS.entries()) {
    const [{ id }] = await trx('fields').insert({ subject: 'client', key, kind, labels, help }).returning('id')
    if (choices.length > 0) await trx('field_options').insert(choices.map((labels, position) => ({ field_id: id, position, labels })))
    const forms = await trx('forms').where({ subject: 'client' }).select('id', 'key')
    await trx('form_items').insert(forms.map(form => ({ form_id: form.id, section_id: sections.get(form.id), position, field_id: id, hidden: on !== undefined && on !== form.key })))
  }
  await trx('form_versions').where({ subject: 'client' }).increment('version')
}

/** A field of the demo's forms, with the ids of its choices in their order. */
export interface OwnField { id: number, key: string, options: number[], /** Whether clients are found by what stands in it. */ searched: boolean }

/** The demo's own fields, as they were shaped. */
export async function listOwnFields (trx: Db): Promise<OwnField[]> {
  const { rows } = await trx.raw(`
    select f.id, f.key, f.kind in ('short_text', 'long_text', 'unique_id') as searched, coalesce((select json_agg(o.id order by o.position) from field_options o where o.field_id = f.id), '[]') as options
    from fields f where f.subject = 'client' and f.key = any (?) order by f.id`, [FIELDS.map(({ key }) => key)])
  return rows
}

/** A row of client_values. */
export interface OwnValue {
  field_id: number
  position: number
  text_value?: string
  number_value?: number
  /** Such as 2026-03-01. */
  day_value?: string
  moment_value?: Date
  option_id?: number
  unique_key?: string
}

/** Of a client, what its own fields hang on. */
interface Whose { id: number, kind: 'person' | 'company', created_at: Date, active_at: Date }

type Value = Omit<OwnValue, 'field_id' | 'position'>

const DAY = 86_400_000
const HOUR = 3_600_000
const MODELS = ['Galaxy A15', 'iPhone 13', 'ThinkPad T480', 'Kross Trans 4.0', 'DeLonghi Magnifica', 'Moto G54', 'MacBook Air', 'Orbea Gravel']
const MONTHS = [6, 12, 24, 36]

// Of every client's id some is taken for chance: the same shop each time.
const OF_CLIENTS: Record<string, (client: Whose, options: number[]) => Value | false> = {
  device: ({ id }, options) => id % 10 < 7 && { option_id: options[id * 7 % 4]! },
  model: ({ id }) => id % 10 < 6 && { text_value: MODELS[id * 3 % 8]! },
  serial_number: ({ id }) => id % 10 < 5 && { text_value: serialOf(id), unique_key: serialOf(id).toLowerCase() }, // what unique_key() makes of it
  bought_on: ({ id, created_at: at }) => id % 10 < 5 && { day_value: new Date(at.getTime() - id * 31 % 900 * DAY).toISOString().slice(0, 10) },
  last_service: ({ id, active_at: at }) => id % 3 === 0 && { moment_value: new Date(Math.floor(at.getTime() / HOUR) * HOUR) },
  warranty_months: ({ id }) => id % 2 === 0 && { number_value: MONTHS[id % 4]! },
  paper_invoice: ({ id }) => id % 5 === 0 && { number_value: id % 2 },
  website: ({ id, kind }) => kind === 'company' && id % 3 === 0 && { text_value: `https://client-${id}.example` },
  agreement: ({ id, kind, created_at: at }) => kind === 'company' && id % 4 === 0 && { text_value: `Answer within one working day. Prices of the agreement of ${at.getUTCFullYear()}.` }
}

const serialOf = (id: number) => `SN${(id * 48_271 % 1_048_573).toString(16).padStart(5, '0').toUpperCase()}-${id}`

/** What a client has in own fields. */
export function ownValues (client: Whose, fields: readonly OwnField[]): OwnValue[] {
  const values: OwnValue[] = []
  for (const { id: field, key, options } of fields) {
    if (key === 'accessories') {
      if (client.id % 4 === 0) options.forEach((option, position) => { if (client.id * 5 % (position + 2) === 0) values.push({ field_id: field, position, option_id: option }) })
      continue
    }
    const value = OF_CLIENTS[key]!(client, options)
    if (value) values.push({ field_id: field, position: 0, ...value })
  }
  return values
}
