import { seesContacts } from '../clients/masking.js'
import type { Db } from '../database/knex.js'
import { plainly, toHtml, toPlain } from '../messages/formatting.js'
import { NotFound } from '../web/errors.js'
import type { Language, Viewer } from '../web/viewer.js'
import { fill, parseTemplate, type Value } from './engine.js'
import { languageOfClient, versionFor } from './language.js'
import { findTemplate, listUsable, type UsableTemplate } from './queries.js'
import type { Template, TemplateChannel, TemplateText } from './template.js'
import { maskContext, readContext, valuesIn, type About, type Context } from './values.js'

export interface Rendered {
  /** Of an e-mail, on one line; else ''. */
  subject: string
  /** Plain text: what an SMS or WhatsApp message says, or an e-mail where HTML isn't read. */
  text: string
  /** Of an e-mail, without styles; else null. */
  html: string | null
  /** Of an e-mail as its writer goes on with it, with the marks of src/messages/formatting.ts; else the text. */
  source: string
  /** Names of the variables that came out empty. */
  empty: string[]
  language: Language
}

/** The templates of a channel that a viewer may write from, by name. */
export const listTemplatesFor = (db: Db, viewer: Viewer, channel: TemplateChannel): Promise<UsableTemplate[]> => listUsable(db, viewer, channel)

/**
 * A template filled in for a client, in their language unless another is asked for, or in the company's, or in the first that the
 * template has. `reader`: who goes on with the text, and sees contacts in it as they may. It asks for no right: whoever lets somebody choose offers listTemplatesFor. Throws NotFound for a template that isn't there.
 */
export async function renderTemplate (db: Db, { templateId, language, reader, ...about }: About & { templateId: number, language?: Language, reader?: Viewer }): Promise<Rendered> {
  const [template, context] = await Promise.all([findTemplate(db, templateId), readContext(db, about)])
  if (Object.keys(template.texts).length === 0) throw new NotFound()
  return renderFor(template, reader && !seesContacts(reader) ? maskContext(context) : context, language)
}

/** A template, or what is being typed of one, for what was read of a client. */
export function renderFor ({ channel, texts }: Pick<Template, 'channel' | 'texts'>, context: Context, wanted?: Language): Rendered {
  const { company, client } = context
  const language = versionFor(texts, wanted ?? languageOfClient(client?.language ?? null, client?.e164 ?? null, company), company.language)
  return renderText(channel, texts[language] ?? { subject: '', body: '' }, valuesIn(language, context), language)
}

/** A text with these values. Never throws: of what can't be read nothing is left but the words as they were typed. */
export function renderText (channel: TemplateChannel, { subject, body }: TemplateText, values: ReadonlyMap<string, Value>, language: Language): Rendered {
  const empty = new Set<string>()
  const filled = (source: string, write: (words: string) => string) => {
    const { pieces } = parseTemplate(source)
    return pieces ? fill(pieces, values, empty, write) : write(source)
  }
  if (channel !== 'email') {
    const text = tidy(filled(body, line))
    return { subject: '', text, html: null, source: text, empty: [...empty], language }
  }
  const title = line(filled(subject, line)), source = tidy(filled(body, words => plainly(clean(words))))
  return { subject: title, text: toPlain(source), html: toHtml(source), source, empty: [...empty], language }
}

// eslint-disable-next-line no-control-regex
const clean = (words: string): string => words.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')

/** On one line, without anything that could begin another. */
const line = (words: string): string => clean(words).replace(/\s+/g, ' ').trim()

const tidy = (text: string): string => clean(text).replace(/[^\S\n]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim()
