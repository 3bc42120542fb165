import { z } from 'zod'
import { choiceName } from '../choices/form.js'
import { issue, optionalDate, readForm } from '../web/form.js'

const schema = z.object({
  name: choiceName(100),
  starts_on: optionalDate,
  ends_on: optionalDate
}).superRefine(({ starts_on, ends_on }, context) => {
  // Dates as text, "2026-11-03", stand in the order of time.
  if (starts_on && ends_on && ends_on < starts_on) context.addIssue({ ...issue('form.ends_before_start'), path: ['ends_on'] })
})

export type CampaignValues = z.output<typeof schema>

export const readCampaignForm = (body: unknown) => readForm(schema, body)

/** What the form shows of a campaign before anything was typed. */
export const campaignTyped = ({ name, starts_on, ends_on }: { name: string | null, starts_on: string | null, ends_on: string | null }) => ({
  name: name ?? '', starts_on: starts_on ?? '', ends_on: ends_on ?? ''
})
