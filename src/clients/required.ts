import { formOf, itemsOf, type Form, type FormItem, type Shape, type SystemItem } from '../form-editor/definition.js'
import { missing as missingIn } from '../form-editor/items.js'
import { isNothing, valuesOf } from '../form-editor/value.js'
import { idOf, typedText, type FieldErrors } from '../web/form.js'
import type { Client, ClientFields } from './client.js'
import type { ClientForm } from './form.js'

/** What a form asks for and neither what was sent nor the client has. */
export const missing = (asks: Form, form: ClientForm, client: Client | null): FieldErrors =>
  missingIn(asks, form.errors, item => hasSome(item, form, client))

/** Whether the form of a kind of client requires a system field, so that the last of it stays. */
export const requires = (shape: Shape, { kind }: Pick<Client, 'kind'>, system: SystemItem): boolean =>
  itemsOf(formOf(shape, kind)).some(item => item.system === system && item.required && !item.hidden)

function hasSome ({ field, system }: FormItem, form: ClientForm, client: Client | null): boolean {
  if (field) {
    const sent = form.own.find(write => write.field.id === field.id)
    return !isNothing(sent ? sent.value : client ? valuesOf([field], client.own)[field.key] : null)
  }
  // By what was typed: when another field is wrong nothing has been read.
  const has = (name: keyof ClientFields) => name in form.typed ? typedText(form.typed, name).trim() !== '' : Boolean(client?.[name])
  switch (system) {
    case 'phones': return stays(form.phones, client?.phones)
    case 'emails': return stays(form.emails, client?.emails)
    case 'tags': return form.tags.length > 0 || (client?.tags ?? []).some(({ id }) => id !== idOf(form.typed.remove_tag))
    case 'campaign': return has('campaign_id')
    case 'location': return has('location_id')
    case 'address': return has('address')
    case 'language': return has('language')
    case 'note': return has('note')
    default: return true
  }
}

function stays (sent: { id: number | null, remove: boolean }[], stored: { id: number }[] = []): boolean {
  return sent.some(({ id, remove }) => id === null && !remove) || stored.some(({ id }) => !sent.some(row => row.id === id && row.remove))
}
