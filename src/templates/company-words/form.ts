import { z } from 'zod'
import { isEmail, issue, optionalId, readForm, text } from '../../web/form.js'

/** What templates say of the company, and where their links lead. */
export const WORDS = ['phone', 'email', 'address'] as const
export const LINKS = ['website', 'booking', 'review', 'map'] as const
export type CompanyWords = Record<(typeof WORDS)[number] | (typeof LINKS)[number], string>

// As an address in a message is read: without a scheme it is one of the web.
const link = text(500).transform((value, context) => {
  if (value === '') return ''
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(value) ? value : `https://${value}`
  if (!/^https?:\/\/[^\s/]+\.[^\s/.]+(\/\S*)?$/i.test(whole) || !URL.canParse(whole)) context.addIssue(issue('templates.link_wrong'))
  return whole
})

const oneLine = text(200).refine(value => !value.includes('\n'), { error: 'templates.one_line' })

const schema = z.object({
  phone: oneLine, email: text(254).refine(value => value === '' || isEmail(value), { error: 'form.email' }), address: text(500),
  website: link, booking: link, review: link, map: link, version: optionalId
})

export const readWordsForm = (body: unknown) => readForm(schema, body)
