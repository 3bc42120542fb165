import type { Db } from '../database/knex.js'
import type { Shape } from '../form-editor/definition.js'
import type { Viewer } from '../web/viewer.js'
import { leadFormState } from './form-state.js'
import { listLeadChoices } from './queries.js'
import { listTypes } from './types.js'

/** The form of a new lead of the type whose form this is, as the form editor shows it: the real one, with nothing in it. */
export async function previewLeadForm (db: Db, viewer: Viewer, shape: Shape, key: string): Promise<object> {
  const [types, choices] = await Promise.all([listTypes(db), listLeadChoices(db, null)])
  const type = types.find(({ formId }) => shape.forms.find(form => form.key === key)!.id === formId)!
  const form = leadFormState(viewer, { shape, types, lead: null }, { defaults: { type: type.id, manager: null } })
  return { ...choices, types, form, linked: null, offers: [] }
}
