import { z } from 'zod'
import { ids, isEmail, issue, optionalId, readForm, required, text } from '../../../web/form.js'

/** To whom a letter goes: one of the client's e-mails, or an address that was typed. */
export type To = { emailId: number } | { address: string }

const schema = z.object({
  to: text(20),
  other: text(254),
  template: optionalId.catch(null),
  // A line break would begin another header.
  subject: required(200).refine(value => !/[\n\u2028\u2029]/.test(value), { error: 'messages.subject_lines' }),
  body: required(20_000),
  attach: ids,
  lead: optionalId.catch(null),
  reply: optionalId.catch(null)
}).transform(({ to, other, ...rest }, context) => {
  const emailId = /^[1-9]\d{0,14}$/.test(to) ? Number(to) : null
  if (emailId === null && to !== 'other') context.addIssue({ ...issue('messages.choose_address'), path: ['to'] })
  if (to === 'other' && !isEmail(other)) context.addIssue({ ...issue(other === '' ? 'form.required' : 'form.email'), path: ['other'] })
  return { ...rest, to: emailId === null ? { address: other } : { emailId } satisfies To as To }
})

export type LetterValues = z.output<typeof schema>

/** Reads a letter as it was written. */
export const readLetterForm = (body: unknown) => readForm(schema, body)
