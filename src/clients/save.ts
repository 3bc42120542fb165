import type { Db } from '../database/knex.js'
import type { Viewer } from '../web/viewer.js'
import type { Client, ClientFields, Email, Field, Phone } from './client.js'
import { addEmail, changeEmail, setEmailRemoved } from './emails/queries.js'
import type { EmailValues } from './emails/form.js'
import { emailFingerprint, fingerprint, judge, phoneFingerprint } from './fingerprint.js'
import type { ClientForm } from './form.js'
import { addPhone, changePhone, setPhoneRemoved } from './phones/queries.js'
import type { PhoneValues } from './phones/form.js'
import { changeClient } from './queries.js'
import { tagClientByNames } from './tags/queries.js'

/** Somebody else changed the same thing meanwhile: what each of the two has, and who it was. */
export interface Conflict {
  /** The field, or "phone:7", "email:3". */
  name: string
  field: Field | 'phone' | 'email'
  mine: unknown
  theirs: unknown
  by: string | null
  at: Date | null
}

/** How the writer decided an earlier conflict: "theirs" keeps what is there. */
type Resolve = (name: string) => 'mine' | 'theirs' | undefined

/**
 * Writes what the form changes and leaves what others changed meanwhile; when both changed the same, writes nothing at all and
 * returns the conflicts. `client` has to be locked by the transaction.
 */
export async function saveClient (trx: Db, by: Viewer, client: Client, form: ClientForm): Promise<Conflict[]> {
  const resolve: Resolve = name => {
    const said = form.typed[`resolve.${name}`]
    return said === 'mine' || said === 'theirs' ? said : undefined
  }
  const fields = judgeFields(client, form, resolve)
  const phones = judgeRows(client.phones, form.phones, 'phone', phoneFingerprint, mineOfPhone, resolve)
  const emails = judgeRows(client.emails, form.emails, 'email', emailFingerprint, mineOfEmail, resolve)
  const conflicts = [...fields.conflicts, ...phones.conflicts, ...emails.conflicts]
  if (conflicts.length > 0) return Promise.all(conflicts.map(conflict => whoChanged(trx, client.id, conflict)))

  await changeClient(trx, by, client, fields.write)
  for (const [values, phone] of phones.write) await writePhone(trx, by, client.id, values, phone)
  for (const [values, email] of emails.write) await writeEmail(trx, by, client.id, values, email)
  await tagClientByNames(trx, by, client.id, form.tags)
  return []
}

type Found = Omit<Conflict, 'by' | 'at'>

function judgeFields (client: Client, form: ClientForm, resolve: Resolve) {
  const write: Record<string, unknown> = {}
  const conflicts: Found[] = []
  for (const [name, mine] of Object.entries(form.fields)) {
    const field = name as Field
    if (resolve(field) === 'theirs') continue
    const verdict = judge(String(form.typed[`was.${field}`] ?? ''), fingerprint(mine), fingerprint(client[field]))
    if (verdict === 'write') write[field] = mine
    else if (verdict === 'conflict') conflicts.push({ name: field, field, mine, theirs: client[field] })
  }
  return { write: write as Partial<ClientFields>, conflicts }
}

interface Row { id: number | null, was: string, remove: boolean }

function judgeRows<R extends Phone | Email, V extends Row> (current: R[], sent: V[], kind: 'phone' | 'email', print: (row: R) => string, mineOf: (values: V, row: R) => R, resolve: Resolve) {
  const write: [V, R | undefined][] = []
  const conflicts: Found[] = []
  for (const values of sent) {
    if (values.id === null) {
      if (!values.remove) write.push([values, undefined])
      continue
    }
    const row = current.find(row => row.id === values.id)
    const name = `${kind}:${values.id}`
    // Gone meanwhile: somebody took it off, and the feed says who.
    if (!row || resolve(name) === 'theirs') continue
    const mine = mineOf(values, row)
    const verdict = values.remove ? (values.was === print(row) || values.was === '' ? 'write' : 'conflict') : judge(values.was, print(mine), print(row))
    if (verdict === 'write') write.push([values, row])
    else if (verdict === 'conflict') conflicts.push({ name, field: kind, mine: values.remove ? null : mine, theirs: row })
  }
  return { write, conflicts }
}

const mineOfPhone = (values: PhoneValues, phone: Phone): Phone => ({
  ...phone, whatsapp: values.whatsapp, viber: values.viber, sms: values.sms, type: { ...phone.type, id: values.newType ? -1 : values.typeId },
  ...(values.number && !phone.masked && { e164: values.number.e164, typed: values.number.typed, display: values.number.display })
})

const mineOfEmail = (values: EmailValues, email: Email): Email => ({
  ...email, agrees: values.agrees, ...(values.address !== undefined && !email.masked && { address: values.address })
})

/** Writes one phone of the form: a new one, a changed one or one to take off. What the writer saw masked stays as it is. */
export async function writePhone (trx: Db, by: Viewer, clientId: number, values: PhoneValues, phone: Phone | undefined): Promise<void> {
  if (!phone) await addPhone(trx, by, clientId, values)
  else if (values.remove) await setPhoneRemoved(trx, by, clientId, phone.id, true)
  else await changePhone(trx, by, clientId, phone, phone.masked ? { ...values, number: undefined } : values)
}

/** The same for an e-mail. */
export async function writeEmail (trx: Db, by: Viewer, clientId: number, values: EmailValues, email: Email | undefined): Promise<void> {
  if (!email) await addEmail(trx, by, clientId, values)
  else if (values.remove) await setEmailRemoved(trx, by, clientId, email.id, true)
  else await changeEmail(trx, by, clientId, email, email.masked ? { ...values, address: undefined } : values)
}

async function whoChanged (trx: Db, clientId: number, conflict: Found): Promise<Conflict> {
  const row = await trx('events').leftJoin('employees', 'employees.id', 'events.employee_id')
    .where({ client_id: clientId })
    .modify(query => {
      if (conflict.field === 'phone') query.whereLike('kind', 'phone.%').orWhere({ client_id: clientId, kind: 'consent.changed' })
      else if (conflict.field === 'email') query.whereLike('kind', 'email.%').orWhere({ client_id: clientId, kind: 'consent.changed' })
      else query.where({ kind: 'client.changed' }).whereRaw("details->'changes' @> ?::jsonb", [JSON.stringify([{ field: conflict.field }])])
    })
    .orderBy('events.id', 'desc').first('employees.name', 'events.at')
  return { ...conflict, by: row?.name ?? null, at: row?.at ?? null }
}
