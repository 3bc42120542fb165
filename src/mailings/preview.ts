import type { Knex } from 'knex'
import { maskEmail, maskPhone, seesContacts } from '../clients/masking.js'
import { readNumber } from '../clients/phones/number.js'
import type { Db } from '../database/knex.js'
import { findMailSettings } from '../mail/queries.js'
import type { MessageChannel } from '../messages/message.js'
import { writeParts } from '../messages/email/letter.js'
import { smsParts, type SmsParts } from '../messages/sms-parts.js'
import { findTemplate } from '../templates/queries.js'
import { renderFor, type Rendered } from '../templates/render.js'
import { versionFor } from '../templates/language.js'
import type { Template, TemplateText } from '../templates/template.js'
import { maskContext, readContext, type Context } from '../templates/values.js'
import type { Viewer } from '../web/viewer.js'
import type { MailingValues } from './mailing.js'
import { REACHING } from './reach.js'

/** What a mailing writes by one kind of channel: a template's words, or its own. */
export type Words = Pick<MailingValues, 'emailTemplateId' | 'textTemplateId' | 'subject' | 'emailBody' | 'textBody'>

/** The template of a mailing's letters or of its texts, which are in the language of who writes where there is none. */
export async function templateOf (db: Db, { organisation: { language } }: Viewer, words: Words, isEmail: boolean): Promise<Pick<Template, 'channel' | 'texts'>> {
  const id = isEmail ? words.emailTemplateId : words.textTemplateId
  if (id !== null) return findTemplate(db, id)
  return { channel: isEmail ? 'email' : 'sms', texts: { [language]: { subject: isEmail ? words.subject : '', body: isEmail ? words.emailBody : words.textBody } } }
}

/** One message of a mailing, signed as every letter that somebody writes is. */
export function writtenTo (template: Pick<Template, 'channel' | 'texts'>, context: Context, signature: string): Rendered {
  const made = renderFor(template, context)
  return template.channel === 'email' && made.text !== '' ? { ...made, ...writeParts(made.source, signature) } : made
}

/** A mailing's words as they were written, variables and all: of a template in the company's language, or the first it has. */
export async function sourceOf (db: Db, viewer: Viewer, words: Words, isEmail: boolean): Promise<TemplateText> {
  const { texts } = await templateOf(db, viewer, words, isEmail), { language } = viewer.organisation
  return texts[versionFor(texts, language, language)] ?? { subject: '', body: '' }
}

/** A message as one of a mailing's recipients gets it. */
export interface MailingPreview {
  client: { id: number, name: string }
  channel: MessageChannel
  /** As its viewer may read it. */
  address: string
  rendered: Rendered
  parts: SmsParts | null
  /** It isn't sent: a variable has nothing to say of them, or there are no words. */
  isLeftOut: boolean
}

/** What the first recipient on each channel gets. */
export async function previewMailing (db: Db, viewer: Viewer, clients: Knex.QueryBuilder, values: MailingValues): Promise<MailingPreview[]> {
  const { sql, bindings } = clients.clone().select('clients.id').toSQL()
  const { rows } = await db.raw(`
    with chosen as (:chosen), ${REACHING}, first as (select distinct on (channel) client_id, channel, address from reached where why is null order by channel, client_id)
    select f.*, c.name from first f join clients c on c.id = f.client_id order by array_position(:channels::text[], f.channel)`,
  { chosen: db.raw(sql, bindings as Knex.RawBinding[]) as unknown as string, channels: values.channels })
  const full = seesContacts(viewer)
  const { signature } = await findMailSettings(db)
  return Promise.all(rows.map(async ({ client_id: id, name, channel, address }: { client_id: number, name: string, channel: MessageChannel, address: string }): Promise<MailingPreview> => {
    const isEmail = channel === 'email'
    const [template, context] = await Promise.all([templateOf(db, viewer, values, isEmail), readContext(db, { clientId: id, employeeId: viewer.id })])
    const written = writtenTo(template, full ? context : maskContext(context), signature)
    // The frame it is shown in takes no styles.
    const rendered = { ...written, html: written.html?.replace(/ style="[^"]*"/g, '') ?? null }
    const number = isEmail ? '' : readNumber(address, viewer.organisation.country).display
    return {
      client: { id, name }, channel, address: isEmail ? full ? address : maskEmail(address) : full ? number : maskPhone(number),
      rendered, parts: channel === 'sms' ? smsParts(rendered.text) : null, isLeftOut: rendered.text.trim() === '' || (values.skipsEmpty && rendered.empty.length > 0)
    }
  }))
}
