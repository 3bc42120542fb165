import { z } from 'zod'
import { issue, optionalDate, readForm, required, tick } from '../web/form.js'

const schema = z.object({
  name: required(100),
  starts_on: optionalDate,
  ends_on: optionalDate,
  active: tick
}).superRefine(({ starts_on, ends_on }, context) => {
  // Dates as text, "2026-11-03", stand in the order of time.
  if (starts_on && ends_on && ends_on < starts_on) context.addIssue({ ...issue('form.ends_before_start'), path: ['ends_on'] })
})

export type CampaignValues = z.output<typeof schema>

export const readCampaignForm = (body: unknown) => readForm(schema, body)

/** What the form shows of a campaign before anything was typed. */
export const campaignTyped = ({ name, startsOn, endsOn, active }: { name: string, startsOn: string | null, endsOn: string | null, active: boolean }) => ({
  name, starts_on: startsOn ?? '', ends_on: endsOn ?? '', active: active ? '1' : undefined
})
