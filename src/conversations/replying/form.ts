import { z } from 'zod'
import { readForm, text } from '../../web/form.js'

/** As much as a message may say: more is no answer, and no SMS takes it. */
export const MOST = 10_000

const schema = z.object({
  to: text(40),
  subject: text(300).transform(subject => subject.replace(/\s+/g, ' ')),
  body: text(MOST).refine(body => body !== '', { error: 'talk.empty' })
})

/** Reads an answer: where it goes, and what it says. */
export const readReplyForm = (body: unknown) => readForm(schema, body)
