import type { FastifyInstance } from 'fastify'
import { changesBetween, recordChanges } from '../audit/record.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import type { MailboxValues } from './form.js'
import { PASSWORD, type Mailbox, type Problem } from './mailbox.js'
import { addMailbox, findMailbox, removeMailbox, writeMailbox, type MailboxWrite } from './queries.js'

type Parts = Pick<FastifyInstance, 'db' | 'sealer'>

/** Adds a mailbox. Returns its id. Throws Refusal. */
export async function makeMailbox ({ db, sealer }: Parts, by: Viewer, values: MailboxValues): Promise<number> {
  if (!values.password) throw new Refusal({ password: { key: 'form.required' } })
  const after = writing(values, await sealer.seal(values.password, PASSWORD))
  return db.transaction(async trx => {
    const id = await addMailbox(trx, after)
    await recordChanges(trx, by, 'settings.mailbox', { subject: { type: 'mailbox', id, name: after.name }, changes: changesBetween({}, audited(after)) })
    return id
  })
}

/**
 * Changes a mailbox. An empty password keeps the one there is, but only for the server and user it was typed for: else whoever may change
 * the server could have the password sent to one of theirs. Throws Refusal and NotFound.
 */
export async function changeMailbox ({ db, sealer }: Parts, by: Viewer, id: number, values: MailboxValues): Promise<void> {
  await db.transaction(async trx => {
    const before = await findMailbox(trx, id)
    const isSameServer = before.host === values.host && before.port === values.port && before.username === values.username && before.security === values.security
    if (!values.password && !isSameServer) throw new Refusal({ password: { key: 'mail.password_again' } })
    const after = writing(values, values.password ? await sealer.seal(values.password, PASSWORD) : before.passwordSealed)
    const isAnother = before.host !== after.host || before.username !== after.username || before.folder !== after.folder
    await writeMailbox(trx, id, values.version, after, isAnother)
    await recordChanges(trx, by, 'settings.mailbox', { subject: { type: 'mailbox', id, name: after.name }, changes: changesBetween(audited(before), audited(after)) })
  })
}

/** Forgets a mailbox. Returns its name. Throws NotFound. */
export async function forgetMailbox ({ db }: Pick<Parts, 'db'>, by: Viewer, id: number): Promise<string> {
  return db.transaction(async trx => {
    const { name } = await removeMailbox(trx, id)
    await recordChanges(trx, by, 'settings.mailbox', { subject: { type: 'mailbox', id, name }, changes: changesBetween({ deleted: false }, { deleted: true }) })
    return name
  })
}

/** How a try to open a mailbox went: how many letters are in its folder; or why not, and which folders there are instead. */
export type Tried = { ok: true, letters: number } | { ok: false, problem: Problem, said: string, folders: readonly string[] }

/** Opens a mailbox as it is saved, and closes it again. */
export async function tryMailbox ({ sealer }: Pick<Parts, 'sealer'>, mailbox: Mailbox): Promise<Tried> {
  const password = await sealer.open(mailbox.passwordSealed, PASSWORD)
  if (password === null) return { ok: false, problem: 'sealed', said: '', folders: [] }
  const { MailboxProblem, openMailbox } = await import('./server.js')
  try {
    const client = await openMailbox(mailbox, password, { isReadOnly: true })
    const letters = client.mailbox ? client.mailbox.exists : 0
    client.close()
    return { ok: true, letters }
  } catch (error) {
    if (!(error instanceof MailboxProblem)) throw error
    const { problem, said, folders } = error
    return { ok: false, problem, said, folders }
  }
}

const writing = ({ password: _password, version: _version, is_on: isOn, marks_seen: marksSeen, makes_leads: makesLeads, ...same }: MailboxValues, passwordSealed: string): MailboxWrite =>
  ({ ...same, passwordSealed, isOn, marksSeen, makesLeads })

// The sealed password is told by nothing but that there is another one.
const audited = ({ name, host, port, security, username, passwordSealed, folder, isOn, marksSeen, makesLeads }: MailboxWrite) => ({
  name, mail_server: `${host}:${port} (${security})`, mail_username: username, mail_password: passwordSealed, mailbox_folder: folder, mailbox_on: isOn, mailbox_marks_seen: marksSeen, strangers_make_leads: makesLeads
})
