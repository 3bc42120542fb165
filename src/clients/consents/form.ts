import { z } from 'zod'
import { idOf, issue, oneOf, optionalDate, readForm, text } from '../../web/form.js'
import { LANGUAGES } from '../../web/viewer.js'
import { CONSENT_CHANNELS, HOWS, type ConsentChannel } from './consent.js'
import type { HistoryFilter } from './queries.js'

/** Reads what a history is narrowed to, from its address; what makes no sense narrows nothing. */
export function readHistoryFilter (query: unknown): HistoryFilter {
  const { phone, email, older } = (query ?? {}) as Record<string, unknown>
  return { phone: idOf(phone), email: idOf(email), older: idOf(older) }
}

const note = z.object({ how: oneOf(HOWS), note: text(500), seen: z.string().default('').transform(idOf) })

/** Reads how a consent came, as somebody says it afterwards. */
export const readNoteForm = (body: unknown) => readForm(note, body)

const seen = z.coerce.number().int().min(0).catch(0)
const wordings = z.object({
  language: oneOf(LANGUAGES),
  ...Object.fromEntries(CONSENT_CHANNELS.map(channel => [channel, text(2000)])) as Record<ConsentChannel, ReturnType<typeof text>>,
  ...Object.fromEntries(CONSENT_CHANNELS.map(channel => [`was.${channel}`, seen])) as Record<`was.${ConsentChannel}`, typeof seen>
})

/** Reads the texts that clients agree to, in one language. */
export const readWordingsForm = (body: unknown) => readForm(wordings, body)

const days = z.object({ from: optionalDate, to: optionalDate }).superRefine(({ from, to }, context) => {
  if (from && to && to < from) context.addIssue({ ...issue('form.ends_before_start'), path: ['to'] })
})

/** Reads the days of an export; either may be open. */
export const readDays = (query: unknown) => readForm(days, query)
