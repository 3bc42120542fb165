import type { FastifyRequest } from 'fastify'
import type { Db } from '../database/knex.js'
import type { LeadType } from '../leads/lead.js'
import { listTypes } from '../leads/types.js'
import { wording } from '../leads/wording.js'
import { NotFound } from '../web/errors.js'
import { translator } from '../web/i18n.js'
import { SUBJECTS, type Form, type Shape, type Subject } from './definition.js'
import { formById } from './items.js'
import { shapeOf } from './shape.js'

/** What an admin can shape of a subject: `forms` are those in use; the form of a type of lead that was taken away is left alone. */
export interface Shaped { subject: Subject, shape: Shape, forms: Form[] }

/** A subject's forms. */
export async function shapedOf (db: Db, subject: Subject): Promise<Shaped> {
  const shape = await shapeOf(db, subject)
  const forms = subject === 'client' ? shape.forms : (await listTypes(db)).flatMap(({ formId }) => formById(shape, formId) ?? [])
  return { subject, shape, forms }
}

/** The forms of the subject that has a form of this key. Throws NotFound. */
export async function shapedWith (db: Db, key: string): Promise<Shaped> {
  for (const subject of SUBJECTS) {
    const shaped = await shapedOf(db, subject)
    if (shaped.forms.some(form => form.key === key)) return shaped
  }
  throw new NotFound()
}

/** The forms of the subject whose field this is. Throws NotFound. */
export async function shapedBy (db: Db, fieldId: number | null): Promise<Shaped> {
  const field = fieldId === null ? undefined : await db('fields').where({ id: fieldId }).first('subject')
  if (!field) throw new NotFound()
  return shapedOf(db, field.subject)
}

/** How the forms are called for who asks: of what kind of client, of which type of lead. `tabs` are all of them, in their order. */
export async function namesOfForms (db: Db, request: FastifyRequest): Promise<{ tabs: { subject: Subject, key: string }[], formName: (key: string) => string }> {
  const t = translator(request.language)
  const { typeName } = wording(request)
  const [clients, leads, types] = await Promise.all([shapedOf(db, 'client'), shapedOf(db, 'lead'), listTypes(db, { removed: true })])
  const names = new Map(types.flatMap((type): [string, LeadType][] => {
    const form = formById(leads.shape, type.formId)
    return form ? [[form.key, type]] : []
  }))
  return {
    tabs: [clients, leads].flatMap(({ subject, forms }) => forms.map(({ key }) => ({ subject, key }))),
    formName: key => names.has(key) ? typeName(names.get(key)!) : t(`form_editor.forms.${key}`)
  }
}
