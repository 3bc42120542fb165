import type { Db } from '../../src/database/knex.js'
import type { FieldKind } from '../../src/form-editor/definition.js'
import type { Labels } from '../../src/web/labels.js'

interface DemoField { key: string, kind: FieldKind, labels: Labels, choices?: Labels[], on: 'lead' | 'missed_call', column: string, value: string, where: string }

const TITLE: Labels = { en: 'What it is about', es: 'De qué se trata', pl: 'Czego dotyczy', pt: 'De que se trata' }

/** What a repair shop asks who turns to it, by type of lead, and what was answered: of every lead's id some is taken for chance. */
const FIELDS: DemoField[] = [
  { key: 'item', kind: 'one_choice', labels: { en: 'Device', es: 'Aparato', pl: 'Urządzenie', pt: 'Aparelho' }, choices: [
    { en: 'Phone', es: 'Teléfono', pl: 'Telefon', pt: 'Telemóvel' }, { en: 'Laptop', es: 'Portátil', pl: 'Laptop', pt: 'Portátil' }, { en: 'Bicycle', es: 'Bicicleta', pl: 'Rower', pt: 'Bicicleta' }, { en: 'Coffee machine', es: 'Cafetera', pl: 'Ekspres do kawy', pt: 'Máquina de café' }
  ], on: 'lead', column: 'option_id', value: '(select id from field_options o where o.field_id = f.id and o.position = l.id * 7 % 4)', where: 'l.id % 10 < 8' },
  { key: 'item_model', kind: 'short_text', labels: { en: 'Model', es: 'Modelo', pl: 'Model', pt: 'Modelo' }, on: 'lead', column: 'text_value', value: "(array['Galaxy A15', 'ThinkPad T480', 'Kross Trans 4.0', 'DeLonghi Magnifica', 'iPhone 13', 'MacBook Air', 'Orbea Gravel', 'Jura E6'])[1 + l.id * 7 % 4 + 4 * (l.id % 2)]", where: 'l.id % 10 < 6' },
  { key: 'budget', kind: 'number', labels: { en: 'Up to, in €', es: 'Hasta, en €', pl: 'Do kwoty, w €', pt: 'Até, em €' }, on: 'lead', column: 'number_value', value: '50 + l.id * 13 % 9 * 25', where: 'l.id % 3 = 0' },
  { key: 'callback_after', kind: 'date_time', labels: { en: 'Call back after', es: 'Llamar después de', pl: 'Oddzwonić po', pt: 'Ligar depois de' }, on: 'missed_call', column: 'moment_value', value: "date_trunc('hour', l.created_at) + interval '2 hours'", where: 'l.id % 2 = 0' }
]

/** Shapes the forms of the demo's leads: a section of own fields, others for each type; a missed call asks for no campaign. */
export async function shapeLeads (trx: Db): Promise<void> {
  const forms: { id: number, key: string }[] = await trx('forms').where({ subject: 'lead' }).select('id', 'key')
  const sections = new Map<number, number>()
  for (const { id } of forms) {
    const [section] = await trx('form_sections').insert({ form_id: id, position: 1, labels: TITLE }).returning('id')
    sections.set(id, section.id)
  }
  for (const [position, { key, kind, labels, choices = [], on }] of FIELDS.entries()) {
    const [{ id }] = await trx('fields').insert({ subject: 'lead', key, kind, labels }).returning('id')
    if (choices.length > 0) await trx('field_options').insert(choices.map((labels, position) => ({ field_id: id, position, labels })))
    await trx('form_items').insert(forms.map(form => ({ form_id: form.id, section_id: sections.get(form.id), position, field_id: id, hidden: on !== form.key })))
  }
  await trx('form_items').where({ system: 'campaign', form_id: forms.find(({ key }) => key === 'missed_call')!.id }).update({ hidden: true })
  await trx('form_versions').where({ subject: 'lead' }).increment('version')
}

/** Gives the leads what they have in own fields: one statement a field. */
export async function giveLeadValues (trx: Db): Promise<void> {
  for (const { key, on, column, value, where } of FIELDS) {
    await trx.raw(`
      insert into lead_values (lead_id, field_id, ${column}) select l.id, f.id, ${value}
      from leads l join lead_types y on y.id = l.type_id and y.key = ? cross join fields f where f.subject = 'lead' and f.key = ? and ${where}`, [on, key])
  }
}
