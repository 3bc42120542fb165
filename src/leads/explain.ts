import type { Db } from '../database/knex.js'
import { readNumber } from '../clients/phones/number.js'
import { ContactTaken } from '../clients/uniqueness/queries.js'
import { nameOf } from '../form-editor/schema.js'
import { explainChanged, FieldChanged, findIdHolder, IdTaken, saidByValues } from '../form-editor/values.js'
import type { Viewer } from '../web/viewer.js'
import type { LeadForm } from './form.js'
import { ChoiceGone } from './queries.js'
import { visibleLeads } from './visibility.js'

/**
 * Says beside its field why a lead can't be kept, or a client be made of it: a choice that isn't on offer (any more), a unique id that
 * another lead has, a number that a client has, a field that was changed in the form editor meanwhile. Anything else goes on.
 */
export async function explain (db: Db, viewer: Viewer, error: unknown, form: LeadForm): Promise<LeadForm> {
  const said = saidByValues(error)
  if (said instanceof ChoiceGone) return { ...form, errors: { [said.field]: { key: 'form.choose' } } }
  if (said instanceof ContactTaken) {
    const row = form.phoneRows.findIndex(({ typed }) => readNumber(typed.trim(), viewer.organisation.country).e164 === said.value)
    return { ...form, errors: { [`phones.${Math.max(0, row)}.number`]: { key: 'phones.taken' } } }
  }
  if (said instanceof FieldChanged) return { ...form, errors: explainChanged(said, form.own) }
  if (!(said instanceof IdTaken)) throw said
  const { field } = form.own.find(({ field }) => field.id === said.fieldId)!
  const holder = await findIdHolder(db, said)
  const seen = holder === null ? undefined : await db('leads').where('leads.id', holder).modify(visibleLeads(viewer)).first('id', 'number as name', 'archived_at')
  return { ...form, errors: { [nameOf(field)]: { key: 'own.taken_by_lead', values: { leads: seen ? [seen] : [] } } } }
}
