import type { Client } from '../../../clients/client.js'
import { isStopped } from '../../../clients/consents/may-contact.js'
import type { Db } from '../../../database/knex.js'
import { filesToSend, showWith } from '../../../files/queries.js'
import { leadOfClient } from '../../../leads/queries.js'
import { findMailSettings } from '../../../mail/queries.js'
import { Refusal } from '../../../web/refusal.js'
import type { Body } from '../../../web/form.js'
import type { Viewer } from '../../../web/viewer.js'
import { writeParts } from '../letter.js'
import { UNDO } from '../../taken-back.js'
import { queueMessage } from '../../queue.js'
import type { LetterValues } from './form.js'
import { eventOf, findAnswered, noteTyped } from './answered.js'
import { saveDraft } from './queries.js'


/** A letter as it was written, with the files that were sent for it. */
export interface Letter extends LetterValues { token: string, files: readonly string[], typed: Body }

/** Queues a letter; it leaves in ten seconds. Returns the message's id. Throws Refusal. */
export async function sendLetter (trx: Db, by: Viewer, client: Client, letter: Letter): Promise<number> {
  if (client.archived_at) throw new Refusal({ to: { key: 'messages.client_archived' } })
  const settings = await findMailSettings(trx)
  const to = await recipient(trx, client, letter.to)
  const files = await filesToSend(trx, by, { subject: 'client', id: client.id }, { ids: letter.attach, tokens: letter.files })
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (size > settings.attachmentMb * 1e6) throw new Refusal({ files: { key: 'messages.files_too_big', values: { size: Math.ceil(size / 1e6), max: settings.attachmentMb } } })
  const answered = letter.reply === null ? undefined : await findAnswered(trx, client.id, letter.reply)
  const leadId = await leadOfClient(trx, by, client.id, letter.lead)
  const id = await queueMessage(trx, by, {
    channel: 'email', clientId: client.id, to, subject: letter.subject, ...writeParts(letter.body, settings.signature), fileIds: files.map(file => file.id), cause: 'hand', dueAt: new Date(Date.now() + UNDO),
    ...(letter.template !== null && { templateId: letter.template }), ...(leadId !== null && { leadId }), ...answered
  })
  if ('address' in to) await noteTyped(trx, id)
  await showWith(trx, await eventOf(trx, id), files)
  // What was sent for it stands with the client now: taken back, the letter names it as such.
  await saveDraft(trx, by, client.id, letter.token, { ...letter.typed, attach: files.map(file => String(file.id)), file: undefined }, id)
  return id
}

/** To whom it goes. An address that was typed is the client's own if it is one of theirs, and nobody's who doesn't want it. Throws Refusal. */
async function recipient (trx: Db, client: Client, to: LetterValues['to']): Promise<{ emailId: number } | { address: string, name: string }> {
  if ('emailId' in to) {
    const email = client.emails.find(({ id }) => id === to.emailId)
    if (!email?.agrees) throw new Refusal({ to: { key: 'messages.address_off' } })
    return to
  }
  const own = await trx('client_emails').where({ client_id: client.id, address_key: to.address.toLowerCase(), agrees: true }).whereNull('removed_at').first('id')
  if (own) return { emailId: own.id }
  if (await isStopped(trx, to.address)) throw new Refusal({ other: { key: 'messages.address_stopped' } })
  return { address: to.address, name: client.name }
}
