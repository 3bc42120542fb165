import type { Kind } from '../../clients/client.js'
import { isSeen, shownForm } from '../../clients/form.js'
import { itemsOf, type SystemItem } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import type { Checked } from './checked.js'
import type { Plan } from './plan.js'

/** What the form of a kind of client asks for. */
export const requiredItems = ({ shape }: Plan, kind: Kind) => itemsOf(shownForm(shape, kind)).filter(({ required, hidden, field }) => required && !hidden && !field?.removed)

/** Says what a new client of this row would lack. */
export function sayLacks (into: Checked, needed: ReturnType<typeof requiredItems>): void {
  if (into.kind === 'company' ? !isSeen(into.company_name ?? '') : !isSeen(`${into.first_name ?? ''}${into.surname ?? ''}`)) {
    into.lacks.push({ key: into.kind === 'company' ? 'clients.company_name_missing' : 'imports.wrong.nameless' })
  }
  for (const { system, field } of needed) {
    if (field ? !into.own.some(value => value.field_id === field.id) : !has(into, system!)) into.lacks.push({ field: field ? nameOf(field) : system!, key: 'form.required' })
  }
}

function has (into: Checked, system: SystemItem): boolean {
  switch (system) {
    case 'phones': return into.phones.length > 0
    case 'emails': return into.emails.length > 0
    case 'tags': return into.tags.length > 0
    case 'campaign': return into.campaign_id !== null || into.campaign !== null
    case 'location': return into.location_id !== null || into.location !== null
    case 'address': return into.address !== null
    case 'language': return into.language !== null
    case 'note': return into.note !== null
    default: return true
  }
}
