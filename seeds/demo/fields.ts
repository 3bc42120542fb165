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

// Of every client's id some is taken for chance: the same shop each time.
const OF_CLIENTS: Record<string, [column: string, value: string, where: string]> = {
  device: ['option_id', '(select id from field_options o where o.field_id = f.id and position = c.id * 7 % 4)', 'c.id % 10 < 7'],
  model: ['text_value', "(array['Galaxy A15', 'iPhone 13', 'ThinkPad T480', 'Kross Trans 4.0', 'DeLonghi Magnifica', 'Moto G54', 'MacBook Air', 'Orbea Gravel'])[1 + c.id * 3 % 8]", 'c.id % 10 < 6'],
  serial_number: ['text_value', "upper('SN' || lpad(to_hex(c.id * 48271 % 1048573), 5, '0') || '-' || c.id)", 'c.id % 10 < 5'],
  bought_on: ['day_value', '(c.created_at - (c.id * 31 % 900) * interval \'1 day\')::date', 'c.id % 10 < 5'],
  last_service: ['moment_value', "date_trunc('hour', c.active_at)", 'c.id % 3 = 0'],
  warranty_months: ['number_value', '(array[6, 12, 24, 36])[1 + c.id % 4]', 'c.id % 2 = 0'],
  paper_invoice: ['number_value', 'c.id % 2', 'c.id % 5 = 0'],
  website: ['text_value', "'https://client-' || c.id || '.example'", "c.kind = 'company' and c.id % 3 = 0"],
  agreement: ['text_value', "'Answer within one working day. Prices of the agreement of ' || extract(year from c.created_at) || '.'", "c.kind = 'company' and c.id % 4 = 0"]
}

/** Gives these clients, as they stand in `table`, what they have in own fields: one statement a field. */
export async function giveOwnValues (trx: Db, { from, to }: { from: number, to: number }, table = 'clients'): Promise<void> {
  for (const [key, [column, value, where]] of Object.entries(OF_CLIENTS)) {
    await trx.raw(`insert into client_values (client_id, field_id, ${column}${key === 'serial_number' ? ', unique_key' : ''}) select c.id, f.id, ${value}${key === 'serial_number' ? `, unique_key(${value})` : ''}
      from ${table} c, fields f where f.key = ? and c.id between ? and ? and ${where}`, [key, from, to])
  }
  await trx.raw(`insert into client_values (client_id, field_id, position, option_id) select c.id, f.id, o.position, o.id
    from ${table} c, fields f join field_options o on o.field_id = f.id where f.key = 'accessories' and c.id between ? and ? and c.id % 4 = 0 and c.id * 5 % (o.position + 2) = 0`, [from, to])
}
