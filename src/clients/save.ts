import type { Db } from '../database/knex.js'
import type { OwnField } from '../form-editor/definition.js'
import { nameOf } from '../form-editor/schema.js'
import { valuesOf } from '../form-editor/value.js'
import { typedText } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import type { Client, ClientFields, ContactKind, Field } from './client.js'
import type { RowValues } from './contacts/form.js'
import type { Contact, Rows } from './contacts/rows.js'
import { writeRows, type Planned } from './contacts/twins.js'
import { emailRows } from './emails/rows.js'
import { judge } from './fingerprint.js'
import { fingerprint } from '../web/fingerprint.js'
import type { ClientForm } from './form.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { told } from '../form-editor/own/save.js'
import { ownFingerprint } from '../form-editor/own/state.js'
import { phoneRows } from './phones/rows.js'
import { changeClient } from './queries.js'
import { tagClientByNames } from './tags/queries.js'

/** Somebody else changed the same thing meanwhile: what each of the two has (null: taken off), and who it was. */
export interface Conflict {
  /** The field, "own.plate", "phone:7" or "email:3". */
  name: string
  field: Field | ContactKind | 'own'
  /** The own field it is about. */
  own?: OwnField
  mine: unknown
  theirs: unknown
  by: string | null
  at: Date | null
}

type Found = Omit<Conflict, 'by' | 'at'>

/**
 * Writes what the form changes and leaves what others changed meanwhile; when both changed the same, writes nothing at all and
 * returns the conflicts. `client` has to be locked by the transaction. Throws HasAlready.
 */
export async function saveClient (trx: Db, by: Viewer, client: Client, form: ClientForm): Promise<Conflict[]> {
  const fields = judgeFields(client, form)
  const phones = await judgeRows(trx, by, client, form, phoneRows, form.phones)
  const emails = await judgeRows(trx, by, client, form, emailRows, form.emails)
  const own = judgeOwn(client, form)
  const conflicts = [...fields.conflicts, ...own.conflicts, ...phones.conflicts, ...emails.conflicts]
  if (conflicts.length > 0) return Promise.all(conflicts.map(conflict => whoChanged(trx, client.id, conflict)))

  await changeClient(trx, by, client, fields.write, own.write)
  await writeRows(phoneRows, trx, by, client, phones.planned, form.phones)
  await writeRows(emailRows, trx, by, client, emails.planned, form.emails)
  await tagClientByNames(trx, by, client.id, form.tags)
  return []
}

/** How the writer answered the question about a conflict; "open" when they were asked and didn't say. */
function decision ({ typed }: ClientForm, name: string): 'mine' | 'theirs' | 'open' | undefined {
  const said = typedText(typed, `resolve.${name}`)
  return said === 'mine' || said === 'theirs' ? said : `open.${name}` in typed ? 'open' : undefined
}

// A whole form that doesn't have the field at all was shown by an older version of the program: it says nothing of it. (A box that is off isn't sent either, but what it was is.)
const isLeftOut = ({ unit, typed }: ClientForm, field: Field) => !unit && !(field in typed) && !(`was.${field}` in typed)

function judgeFields (client: Client, form: ClientForm) {
  const write: Record<string, unknown> = {}
  const conflicts: Found[] = []
  for (const [name, mine] of Object.entries(form.fields)) {
    const field = name as Field
    const decided = decision(form, field)
    if (decided === 'theirs' || isLeftOut(form, field)) continue
    const verdict = judge(typedText(form.typed, `was.${field}`), fingerprint(mine), fingerprint(client[field]))
    if (verdict === 'conflict' || (verdict === 'write' && decided === 'open')) conflicts.push({ name: field, field, mine, theirs: client[field] })
    else if (verdict === 'write') write[field] = mine
  }
  return { write: write as Partial<ClientFields>, conflicts }
}

function judgeOwn (client: Client, form: ClientForm) {
  const current = valuesOf(form.own.map(({ field }) => field), client.own)
  const write: OwnWrite[] = []
  const conflicts: Found[] = []
  for (const one of form.own) {
    const { field, value } = one
    const name = nameOf(field)
    const theirs = current[field.key]!
    const decided = decision(form, name)
    if (decided === 'theirs') continue
    const verdict = judge(typedText(form.typed, `was.${name}`), ownFingerprint(value), ownFingerprint(theirs))
    if (verdict === 'conflict' || (verdict === 'write' && decided === 'open')) conflicts.push({ name, field: 'own', own: field, mine: told(field, value), theirs: told(field, theirs) })
    else if (verdict === 'write') write.push(one)
  }
  return { write, conflicts }
}

async function judgeRows<C extends Contact, V extends RowValues> (trx: Db, by: Viewer, client: Client, form: ClientForm, rows: Rows<C, V>, sent: V[]) {
  const planned: Planned<C, V>[] = []
  const conflicts: Found[] = []
  for (const values of sent) {
    const { id, was, remove } = values
    if (id === null) {
      if (!remove) planned.push({ values, contact: undefined, gone: false })
      continue
    }
    const name = `${rows.kind}:${id}`
    const decided = decision(form, name)
    const contact = rows.of(client).find(contact => contact.id === id)
    const gone = contact ? undefined : await rows.findRemoved(trx, by, client.id, id)
    const theirs = contact ?? gone
    if (!theirs || decided === 'theirs' || (gone && (remove || was === ''))) continue

    const mine = rows.merged(theirs, values)
    const current = gone ? 'gone' : rows.print(theirs)
    // Taking off what somebody just changed is a conflict as well; changing what somebody took off is one unless nothing was changed.
    const verdict = judge(was, remove ? 'gone' : rows.print(mine), current)
    const isAsked = verdict === 'conflict' ? !(gone && decided === 'mine') : verdict === 'write' && decided === 'open'
    if (isAsked) conflicts.push({ name, field: rows.kind, mine: remove ? null : mine, theirs: contact ?? null })
    else if (verdict !== 'keep') planned.push({ values, contact: theirs, gone: Boolean(gone) })
  }
  return { planned, conflicts }
}

async function whoChanged (trx: Db, clientId: number, conflict: Found): Promise<Conflict> {
  const { field, name } = conflict
  const row = await trx('events').leftJoin('employees', 'employees.id', 'events.employee_id')
    .where({ client_id: clientId })
    .modify(query => {
      if (field !== 'phone' && field !== 'email') query.whereIn('kind', ['client.changed', 'client.imported']).whereRaw("details->'changes' @> ?::jsonb", [JSON.stringify([{ field: name }])])
      // A consent's entry names the number, not the row.
      else query.where(of => { of.whereRaw(`kind like ? and details->'${field}'->'id' = ?::jsonb`, [`${field}.%`, name.slice(field.length + 1)]).orWhere({ kind: 'consent.changed' }) })
    })
    .orderBy('events.id', 'desc').first('employees.name', 'events.at')
  return { ...conflict, by: row?.name ?? null, at: row?.at ?? null }
}
