import { FIELD_KINDS } from '../../../src/form-editor/definition.js'
import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import { addFields, reshape, type DescribedField } from '../../support/fields.js'
import type { Sight } from '../pages.js'
import { refused } from './doing.js'

/** The form editor, with a field of every kind and values in them. */
export async function formSights ({ db, anna, as }: Desk): Promise<Sight[]> {
  const labels = { short_text: 'Model', long_text: 'What it came with', number: 'Frame size', date: 'Bought on', date_time: 'Last service', yes_no: 'Member of the club', one_choice: 'Frame', several_choices: 'Extras', unique_id: 'Serial number', link: 'Page of the maker' }
  const described: Record<string, DescribedField> = Object.fromEntries(FIELD_KINDS.map(kind => [kind, { kind, label: labels[kind], choices: kind.endsWith('choice') || kind.endsWith('choices') ? ['Steel', 'Aluminium', 'Carbon'] : [] }]))
  described.gone = { kind: 'short_text', label: 'No longer asked' }
  const fields = await addFields(db, described)
  await db('fields').where({ key: 'gone' }).update({ removed_at: db.fn.now() })
  await reshape(db, { address: { required: true }, location: { hidden: true } }, ['person'])
  const id = await addClient(db, anna, { surname: 'Żółć', own: [{ field: fields.short_text!, value: 'Rower górski' }, { field: fields.link!, value: 'https://rower.example' }, { field: fields.several_choices!, value: fields.several_choices!.options.slice(1).map(({ id }) => id) }] })
  await as(anna).post(`/clients/${id}/parts/own-number`, { 'own.number': '56,5' })
  const { id: section } = await db('form_sections').whereNotNull('key').orderBy('id').first('id')
  const field = (kind: string) => `/settings/form-editor/fields/${fields[kind]!.id}`
  return [
    { name: 'profile-own-fields', route: '/clients/:id', path: `/clients/${id}` },
    { name: 'form-editor', route: '/settings/form-editor', path: '/settings/form-editor' },
    { name: 'form-editor-company', route: '/settings/form-editor/:form', path: '/settings/form-editor/company' },
    { name: 'field-new', route: '/settings/form-editor/fields/new', path: '/settings/form-editor/fields/new', prepare: async page => {
      await page.selectOption('#kind', 'one_choice')
      await refused(page, { 'options.0.label.en': 'Steel' })
    } },
    { name: 'field', route: '/settings/form-editor/fields/:field', path: field('several_choices') },
    { name: 'field-kind', route: '/settings/form-editor/fields/:field/kind', path: `${field('short_text')}/kind?kind=number` },
    { name: 'field-erase', route: '/settings/form-editor/fields/:field/erase', path: `${field('gone')}/erase` },
    { name: 'section-new', route: '/settings/form-editor/:form/sections/new', path: '/settings/form-editor/person/sections/new' },
    { name: 'section', route: '/settings/form-editor/:form/sections/:section', path: `/settings/form-editor/person/sections/${section}` }
  ]
}
