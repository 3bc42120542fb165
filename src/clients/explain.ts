import type { Db } from '../database/knex.js'
import type { Shape } from '../form-editor/definition.js'
import { nameOf } from '../form-editor/schema.js'
import { explainChanged, FieldChanged, findIdHolder, IdTaken } from '../form-editor/values.js'
import { NoSuchPhoneType } from '../phone-types/queries.js'
import { idOf } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { HasAlready } from './contacts/twins.js'
import type { EmailValues } from './emails/form.js'
import type { ClientForm } from './form.js'
import type { PhoneValues } from './phones/form.js'
import { ContactTaken, findMatches, nameMatches } from './uniqueness/queries.js'

// A campaign, location or price type that was deleted since the form was shown.
const STALE_CHOICES: Record<string, string> = {
  clients_campaign_id_fkey: 'campaign_id', clients_location_id_fkey: 'location_id', clients_price_type_services_id_fkey: 'discount_services', clients_price_type_products_id_fkey: 'discount_products'
}

/**
 * Says beside its field why the database refused it: a choice that isn't there (any more), a number, address or unique id that another
 * client has, one that this client has already, a field that was changed in the form editor meanwhile. Anything else goes on.
 */
export async function explain (db: Db, error: unknown, viewer: Viewer, form: ClientForm, shape: Shape, except: number | null): Promise<ClientForm> {
  const stale = STALE_CHOICES[(error as { constraint?: string }).constraint ?? '']
  if (stale) return { ...form, errors: { [stale]: { key: 'form.choose' } } }
  if (error instanceof NoSuchPhoneType) {
    const rows = form.phoneRows.filter(({ typeId }) => idOf(typeId) === error.id)
    return { ...form, errors: Object.fromEntries(rows.map(({ index }) => [`phones.${index}.type`, { key: 'form.choose' }])) }
  }
  if (error instanceof IdTaken) {
    const field = shape.fields.find(({ id }) => id === error.fieldId)!
    const matches = await nameMatches(db, viewer, await findIdHolder(db, error))
    return { ...form, errors: { [nameOf(field)]: { key: 'own.taken', values: { matches } } } }
  }
  if (error instanceof FieldChanged) return { ...form, errors: explainChanged(error, form.own) }
  if (error instanceof HasAlready) {
    const index = error.kind === 'phone' ? form.phoneRows[form.phones.indexOf(error.values as PhoneValues)]?.index : form.emailRows[form.emails.indexOf(error.values as EmailValues)]?.index
    return { ...form, errors: { [`${error.kind}s.${index}.${error.kind === 'phone' ? 'number' : 'address'}`]: { key: error.isListed ? `${error.kind}s.twice` : `${error.kind}s.has_already` } } }
  }
  if (!(error instanceof ContactTaken)) throw error
  const matches = await findMatches(db, viewer, error.kind, error.value, except)
  const index = error.kind === 'phone'
    ? form.phoneRows[form.phones.findIndex(phone => phone.number?.e164 === error.value)]?.index
    : form.emailRows[form.emails.findIndex(email => email.address?.toLowerCase() === error.value)]?.index
  const name = error.kind === 'phone' ? `phones.${index}.number` : `emails.${index}.address`
  return { ...form, errors: { [name]: { key: `${error.kind}s.taken`, values: { matches } } } }
}
