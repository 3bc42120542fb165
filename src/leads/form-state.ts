import type { Form, FormItem } from '../form-editor/definition.js'
import { carriedOver, isShown, unseenIn } from '../form-editor/items.js'
import { ownStates, type OwnState } from '../form-editor/own/state.js'
import { fingerprint } from '../web/fingerprint.js'
import { typedText, type Body, type FieldError, type FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import type { SystemField } from './feed/event.js'
import { asksOf, leadTyped, MOST_PHONES, newLeadTyped, phoneRowsOf, type FormContext, type LeadFields, type LeadForm, type PhoneRow } from './form.js'
import { mineOf, PARTS, printsOf, type LeadConflict } from './save.js'

/** Everything that the form of a lead shows. */
export interface LeadFormState {
  asks: Form
  /** Its items that are shown, section by section. */
  sections: { labels: Form['sections'][number]['labels'], items: FormItem[] }[]
  typed: Body
  phones: (PhoneRow & { index: number })[]
  own: Record<string, OwnState>
  errors: FieldErrors
  /** What is wrong with items that were hidden while the form lay open. */
  unseen: { item: FormItem, error: FieldError }[]
  conflicts: LeadConflict[]
  /** What its writer has seen of each part; of a new lead nothing. */
  prints: Partial<Record<SystemField, string>>
  /** What was typed in the form of another type, and has no place in this one. */
  carried: [name: string, value: string][]
  /** Also of an archived lead that is sent back: what was typed is to be sent again. */
  writable: boolean
}

export interface Shown { form?: LeadForm | undefined, conflicts?: LeadConflict[], /** One row more for a phone. */ more?: boolean, defaults?: { type: number, manager: number | null, /** The number of whoever calls. */ phone?: string } }

/**
 * The form of a lead, or of a new one, as it is shown: from what is stored, or, when it was sent back, from what was typed. What its
 * writer left alone is shown as others have made it meanwhile; what they were told about in a conflict, they have seen from then on.
 */
export function leadFormState (viewer: Viewer, context: FormContext, { form, conflicts = [], more = false, defaults }: Shown): LeadFormState {
  const { lead } = context
  const stored = lead ? leadTyped(lead, viewer.organisation.timeZone) : newLeadTyped(defaults!)
  const typed = form ? { ...form.typed } : stored
  const now: Partial<Record<SystemField, string>> = lead ? printsOf(lead) : {}
  const prints = { ...now }
  let rows: PhoneRow[] = form ? form.phoneRows : lead ? phoneRowsOf(lead) : defaults?.phone ? [{ id: null, typed: defaults.phone, masked: false, remove: false }] : []
  const isTold = (name: string) => conflicts.some(({ field }) => field === name)
  if (form && lead) {
    for (const [name, field] of Object.entries(PARTS) as [SystemField, keyof LeadFields][]) {
      const sent = typedText(form.typed, `was.${name}`)
      if (sent && field in form.fields && fingerprint(mineOf(form.fields, field, lead)) === sent) {
        if (field === 'phones') rows = phoneRowsOf(lead)
        else for (const input of INPUTS[name] ?? [name]) putBack(typed, stored, input)
      } else if (!(`was.${name}` in form.typed)) {
        // It wasn't in the form that was sent: of another type's, or of one that was shaped since.
        if (field === 'phones') rows = phoneRowsOf(lead)
        else for (const input of INPUTS[name] ?? [name]) if (!(input in form.typed)) putBack(typed, stored, input)
      } else if (sent && !isTold(name)) prints[name] = sent
    }
  }
  const asks = form ? form.asks : asksOf(context, typed.type_id)
  return {
    asks,
    sections: asks.sections.map(({ labels, items }) => ({ labels, items: items.filter(isShown) })),
    typed,
    phones: indexed(rows.map(row => row.masked ? { ...row, shown: lead?.phones.find(({ id }) => id === row.id)?.display ?? '' } : row), more || (!lead && !form && !defaults?.phone)),
    own: ownStates(viewer, lead, asks, form, isTold),
    errors: form?.errors ?? {},
    unseen: form ? unseenIn(asks, form.errors) : [],
    conflicts,
    prints,
    carried: form ? carriedOver(asks, form.typed) : [],
    writable: lead === null || (viewer.can('leads.edit') && (!lead.archived_at || form !== undefined))
  }
}

/** The inputs of a part that has others than one of its own name. */
const INPUTS: Partial<Record<SystemField, string[]>> = { type: ['type_id'], due: ['due_on', 'due_time'] }

function putBack (typed: Body, stored: Body, input: string): void {
  if (input in stored) typed[input] = stored[input]
  else delete typed[input]
}

/** Rows of phones as the form counts them: there is always one to type into. */
function indexed (rows: readonly PhoneRow[], more: boolean): (PhoneRow & { index: number })[] {
  const all = rows.length === 0 || (more && rows.length < MOST_PHONES) ? [...rows, { id: null, typed: '', masked: false, remove: false }] : rows
  return all.map((row, index) => ({ ...row, index }))
}
