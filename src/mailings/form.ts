import { z } from 'zod'
import { MESSAGE_CHANNELS, type MessageChannel } from '../messages/message.js'
import { checkText } from '../templates/check.js'
import { LONGEST_BODY } from '../templates/template.js'
import { issue, isDay, optionalId, readForm, text, tick, typedText, type Body, type Form } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { instantOf, isOnTheClock } from '../web/zone.js'
import type { MailingValues } from './mailing.js'

const PLACES = ['channel_1', 'channel_2', 'channel_3', 'channel_4'] as const

/** The channels that are chosen, in their order, each once. */
export const channelsIn = (body: Body): MessageChannel[] => [...new Set(PLACES.flatMap(place => MESSAGE_CHANNELS.filter(channel => channel === typedText(body, place))))]

const perMinute = text(10).transform((value, context): number | null => {
  if (value === '') return null
  if (!/^[1-9]\d{0,4}$/.test(value)) context.addIssue(issue('mailings.per_minute_wrong'))
  return Number(value)
})

const schema = z.object({
  email_template: optionalId, text_template: optionalId, subject: text(300), email_body: text(LONGEST_BODY.email), text_body: text(LONGEST_BODY.sms), skips_empty: tick, per_minute: perMinute, due_on: text(20), due_time: text(10)
})

/** Reads what is to be written to many; `names` are the variables there are, `offered` the templates that its writer may use, by kind. */
export function readMailingForm (body: unknown, { organisation: { timeZone } }: Viewer, names: readonly string[], offered: { email: readonly number[], text: readonly number[] }): Form<MailingValues> {
  const form = readForm(schema, body)
  const { typed } = form
  const errors = { ...form.errors }
  const channels = channelsIn(typed)
  if (channels.length === 0) errors.channel_1 = { key: 'form.choose' }
  const isEmail = channels.includes('email'), isText = channels.some(channel => channel !== 'email')
  const { values } = form
  if (!values) return { errors, typed }
  if (isEmail && values.email_template === null) {
    if (values.subject === '') errors.subject ??= { key: 'talk.no_subject' }
    if (values.email_body === '') errors.email_body ??= { key: 'talk.empty' }
  }
  if (isEmail && values.email_template !== null && !offered.email.includes(values.email_template)) errors.email_template = { key: 'form.choose' }
  if (isText && values.text_template === null && values.text_body === '') errors.text_body ??= { key: 'talk.empty' }
  if (isText && values.text_template !== null && !offered.text.includes(values.text_template)) errors.text_template = { key: 'form.choose' }
  for (const name of ['subject', 'email_body', 'text_body'] as const) {
    const error = checkText(values[name], names)
    if (error) errors[name] ??= error
  }
  const dueAt = readDue(values.due_on, values.due_time, timeZone)
  if (dueAt === undefined) errors.due_on = { key: 'form.date' }
  else if (dueAt && dueAt.getTime() < Date.now() - 60_000) errors.due_on = { key: 'mailings.past' }
  if (Object.keys(errors).length > 0) return { errors, typed }
  return {
    typed,
    values: {
      channels, emailTemplateId: isEmail ? values.email_template : null, textTemplateId: isText ? values.text_template : null, subject: isEmail ? values.subject.replace(/\s+/g, ' ') : '', emailBody: isEmail ? values.email_body : '', textBody: isText ? values.text_body : '',
      skipsEmpty: values.skips_empty, perMinute: values.per_minute, dueAt: dueAt ?? null
    }
  }
}

// Null: now; undefined: no such time.
function readDue (day: string, time: string, timeZone: string): Date | null | undefined {
  if (day === '' && time === '') return null
  const at = `${day}T${(time || '09:00').padStart(5, '0')}`
  return isDay(day) && /T([01]\d|2[0-3]):[0-5]\d$/.test(at) && isOnTheClock(at, timeZone) ? instantOf(at, timeZone) : undefined
}
