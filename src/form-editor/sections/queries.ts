import { changesBetween } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import { fingerprint } from '../../web/fingerprint.js'
import { wordsOf, type Labels } from '../../web/labels.js'
import { LANGUAGES, type Viewer } from '../../web/viewer.js'
import { findForm, nameOfSection } from '../arrange.js'
import { beginChange, type ChangeDetails } from '../changes.js'
import type { Form, FormSection, Shape, Subject } from '../definition.js'
import { shapeOf } from '../shape.js'

/** A section of a form of this key, the first left out: it is the head, which has no title and stays where it is. Throws NotFound. */
export function findSection (shape: Shape, formKey: string, id: number | null): { form: Form, section: FormSection } {
  const form = findForm(shape, formKey)
  const section = form.sections.slice(1).find(section => section.id === id)
  if (!section) throw new NotFound()
  return { form, section }
}

/** Adds an empty section at the end. */
export async function addSection (trx: Db, by: Viewer, subject: Subject, formKey: string, labels: Labels): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const form = findForm(await shapeOf(trx, subject), formKey)
  const [{ id }] = await trx('form_sections').insert({ form_id: form.id, position: form.sections.length, labels }).returning('id')
  await order(trx, [...form.sections.map(section => section.id), id])
  const section = { id, key: null, labels, items: [] }
  await tell('section_added', { form: formKey, labels }, { kind: 'forms.section_added', subject: subjectOf(form, section, by) })
}

/** Somebody else gave the section another title since the form was shown. */
export class RenamedMeanwhile extends Error {
  constructor (readonly section: FormSection) { super('The section was renamed') }
}

/**
 * Gives a section another title; without any words a built-in one has its own again. `was` is the fingerprint of the title that the
 * writer saw, '' when unknown. Throws NotFound and RenamedMeanwhile.
 */
export async function renameSection (trx: Db, by: Viewer, subject: Subject, formKey: string, id: number | null, labels: Labels, was = ''): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const { form, section } = findSection(await shapeOf(trx, subject), formKey, id)
  if (was !== '' && was !== titleFingerprint(section.labels)) throw new RenamedMeanwhile(section)
  await trx('form_sections').where({ id: section.id }).update({ labels })
  await tell('section_renamed', { form: formKey, section: section.key, labels }, {
    kind: 'forms.section_renamed',
    subject: subjectOf(form, section, by),
    changes: changesBetween({ label: words(section.labels, by) }, { label: words(labels, by) })
  })
}

export const titleFingerprint = (labels: Labels): string => fingerprint(LANGUAGES.map(language => labels[language] ?? ''))

/** Moves a section with all that is in it; the head stays first. Throws NotFound. */
export async function moveSection (trx: Db, by: Viewer, subject: Subject, formKey: string, id: number | null, step: -1 | 1): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const { form, section } = findSection(await shapeOf(trx, subject), formKey, id)
  const ids = form.sections.map(section => section.id)
  const at = ids.indexOf(section.id)
  const other = at + step
  if (other < 1 || other >= ids.length) return
  ;[ids[at], ids[other]] = [ids[other]!, ids[at]!]
  await order(trx, ids)
  await tell('section_moved', about(form, section), {
    kind: 'forms.section_moved',
    subject: subjectOf(form, section, by),
    changes: [{ field: 'order', old: at + 1, new: other + 1 }]
  })
}

/** Takes a section away; what is in it goes to the end of the one above. Throws NotFound. */
export async function removeSection (trx: Db, by: Viewer, subject: Subject, formKey: string, id: number | null): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const { form, section } = findSection(await shapeOf(trx, subject), formKey, id)
  const above = form.sections[form.sections.indexOf(section) - 1]!
  await trx('form_items').where({ section_id: section.id }).update({ section_id: above.id, position: trx.raw('position + 10000') })
  await trx('form_sections').where({ id: section.id }).delete()
  await tell('section_removed', about(form, section), { kind: 'forms.section_removed', subject: subjectOf(form, section, by) })
}

async function order (trx: Db, ids: number[]): Promise<void> {
  await trx.raw('update form_sections s set position = o.position from unnest(?::bigint[]) with ordinality o(id, position) where s.id = o.id', [ids])
}

const words = (labels: Labels, by: Viewer) => wordsOf(labels, by.organisation.language, 'en')

const subjectOf = (form: Form, section: FormSection, by: Viewer) => ({ type: 'form_section', id: section.id, name: `${form.key}: ${nameOfSection(form, section, by)}` })

const about = ({ key }: Form, { key: section, labels }: FormSection): ChangeDetails => ({ form: key, section, labels })
