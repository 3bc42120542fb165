import { Eta } from 'eta'
import type { Db } from '../database/knex.js'
import { findCompany, type Company } from '../installation/queries.js'
import { inRoot } from '../paths.js'
import { formatFor, type Format } from '../web/format.js'
import { translator, type Translate } from '../web/i18n.js'
import type { Language } from '../web/viewer.js'
import { queueMail, type MailKind } from './outbox/queries.js'

/** To whom a letter is written, in which language. */
export interface Reader { id: number, name: string, email: string, language: Language }

/** The words of a letter; `action` is its one button. */
export interface Words { subject: string, paragraphs: string[], action?: { words: string, href: string }, after?: string[] }

/** What the words are made with. */
export interface Pen { t: Translate, fmt: Format, company: string }

const views = inRoot('views', 'mail')
const html = new Eta({ views, cache: true })
const plain = new Eta({ views, cache: true, autoEscape: false, autoTrim: false })

/** Writes a letter in its reader's language, as HTML and as plain text. */
export function writeLetter ({ name: company, country, timeZone }: Company, reader: Omit<Reader, 'id'>, write: (pen: Pen) => Words): { subject: string, text: string, html: string } {
  const t = translator(reader.language)
  const words = write({ t, fmt: formatFor(reader.language, country, timeZone, t), company })
  const data = { ...words, after: words.after ?? [], t, language: reader.language, company, reader: reader.name }
  return { subject: words.subject, html: html.render('letter', data), text: plain.render('letter_text', data) }
}

/** Writes a letter and puts it into the outbox, in the transaction of its cause. Returns whether the test mailbox caught it. */
export async function sendLetter (trx: Db, kind: MailKind, reader: Reader, write: (pen: Pen) => Words, { expiresAt }: { expiresAt?: Date } = {}): Promise<{ caught: boolean }> {
  const letter = writeLetter(await findCompany(trx), reader, write)
  return queueMail(trx, { kind, to: { address: reader.email, name: reader.name }, employeeId: reader.id, ...letter, ...(expiresAt && { expiresAt }) })
}
