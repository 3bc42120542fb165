import { z } from 'zod'
import { ids, issue, oneOf, readForm, readOne, required, text, typedText, type Body, type FieldErrors, type Form } from '../web/form.js'
import { LANGUAGES, type Language } from '../web/viewer.js'
import { checkText } from './check.js'
import { LONGEST_BODY, LONGEST_SUBJECT, TEMPLATE_CHANNELS, type Template, type TemplateChannel, type TemplateTexts } from './template.js'

export interface TemplateValues { name: string, channel: TemplateChannel, texts: TemplateTexts, forAll: boolean, roles: number[] }

const WHOSE = ['all', 'some'] as const
const schema = z.object({ name: required(100), channel: oneOf(TEMPLATE_CHANNELS), whose: oneOf(WHOSE), role: ids })

const subject = text(LONGEST_SUBJECT).transform((value, context) => {
  if (value.includes('\n')) context.addIssue(issue('templates.one_line'))
  return value
})

/** Reads the form of a template: a new one, or (its channel fixed) one that is there. `names` are the variables there are; `main` is the company's language. */
export function readTemplateForm (body: unknown, names: readonly string[], main: Language, template?: Template): Form<TemplateValues> {
  const given = (body ?? {}) as Body
  const form = readForm(schema, template ? { ...given, channel: template.channel } : given)
  const errors: FieldErrors = { ...form.errors }
  const channel = TEMPLATE_CHANNELS.find(one => one === (template?.channel ?? typedText(form.typed, 'channel')))
  const texts = readTexts(form.typed, channel ?? 'email', names, errors)
  if (Object.keys(texts).length === 0 && !LANGUAGES.some(language => errors[`body.${language}`])) errors[`body.${main}`] = { key: 'templates.no_text' }
  if (form.values?.whose === 'some' && form.values.role.length === 0) errors.whose = { key: 'templates.no_roles' }
  if (form.errors || Object.keys(errors).length > 0) return { errors, typed: form.typed }
  const { name, whose, role } = form.values
  return { values: { name, channel: channel!, texts, forAll: whose === 'all', roles: role }, typed: form.typed }
}

/** The texts that were typed, whatever is wrong with them: what the preview shows. Adds what is wrong to `errors`. */
export function readTexts (typed: Body, channel: TemplateChannel, names: readonly string[], errors: FieldErrors): TemplateTexts {
  const texts: TemplateTexts = {}
  for (const language of LANGUAGES) {
    const read = { subject: channel === 'email' ? readOne(subject, typed[`subject.${language}`]) : { value: '' }, body: readOne(text(LONGEST_BODY[channel]), typed[`body.${language}`]) }
    for (const part of ['subject', 'body'] as const) {
      const error = read[part].error ?? checkText(read[part].value ?? '', names)
      if (error) errors[`${part}.${language}`] = error
    }
    const has = { subject: read.subject.value ?? '', body: read.body.value ?? '' }
    if (has.subject === '' && has.body === '') continue
    if (has.body === '') errors[`body.${language}`] ??= { key: 'templates.no_body' }
    if (channel === 'email' && has.subject === '') errors[`subject.${language}`] ??= { key: 'templates.no_subject' }
    texts[language] = has
  }
  return texts
}

/** What the form shows of a template before anything was typed. */
export const templateTyped = ({ name, channel, texts, forAll, roles, version }: Template): Body => ({
  name, channel, whose: forAll ? 'all' : 'some', role: roles.map(String), version: String(version),
  ...Object.fromEntries(Object.entries(texts).flatMap(([language, text]) => [[`subject.${language}`, text.subject], [`body.${language}`, text.body]]))
})
