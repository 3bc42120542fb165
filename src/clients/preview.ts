import type { Db } from '../database/knex.js'
import type { Shape } from '../form-editor/definition.js'
import type { Viewer } from '../web/viewer.js'
import { readClientForm } from './form.js'
import { formState, type FormState } from './form-state.js'
import { listChoices, type Choices } from './queries.js'
import { addRows } from './steps.js'

/** The form of a new client of this kind, as the form editor shows it: the real one, with nothing in it. */
export async function previewForm (db: Db, viewer: Viewer, shape: Shape, kind: string): Promise<Choices & { form: FormState }> {
  const choices = await listChoices(db)
  const form = formState(viewer, null, shape, { ...readClientForm({ kind }, viewer, { shape, client: null }), errors: {} })
  addRows({}, form, choices, true)
  return { form, ...choices }
}
