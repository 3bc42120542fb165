import { z } from 'zod'
import { issue, optionalId, readForm, text, type Form } from '../../web/form.js'
import { CHANNELS, NOTICES, type Channel, type Notice } from '../notice.js'

/** Whom, of what and how: `roleId` null is the lead's manager. */
export interface Rule extends Record<Channel, boolean> { notice: Notice, roleId: number | null }

export interface SettingsValues { rules: Rule[], dueSoonMinutes: number, version: number | null }

/** How long before it is due a lead can be called due soon, in minutes. */
export const SOON = [15, 30, 60, 120, 240, 480, 1440] as const

const CHOICE = new RegExp(`^(${NOTICES.join('|')})\\.(manager|[1-9]\\d{0,14})\\.(${CHANNELS.join('|')})$`)

const schema = z.object({
  on: z.preprocess(value => [value ?? []].flat(), z.array(z.string())),
  due_soon: text(10).transform((value, context) => {
    const minutes = SOON.find(minutes => String(minutes) === value)
    if (minutes === undefined) context.addIssue(issue('form.choose'))
    return minutes ?? 0
  }),
  version: optionalId
})

/** Reads the settings: `on` names each box that is ticked, "new.3.mail" or "overdue.manager.in_app". Boxes that there are none of are left out. */
export function readSettingsForm (body: unknown, roles: readonly { id: number }[]): Form<SettingsValues> {
  const form = readForm(schema, body)
  if (form.errors) return form
  const rules = new Map<string, Rule>()
  for (const name of form.values.on) {
    const [, notice, whom, channel] = CHOICE.exec(name) ?? []
    const roleId = whom === 'manager' ? null : Number(whom)
    if (!notice || (roleId !== null && (notice === 'assigned' || !roles.some(({ id }) => id === roleId)))) continue
    const rule = rules.get(`${notice}.${whom}`) ?? { notice: notice as Notice, roleId, in_app: false, mail: false }
    rules.set(`${notice}.${whom}`, { ...rule, [channel as Channel]: true })
  }
  return { values: { rules: [...rules.values()], dueSoonMinutes: form.values.due_soon, version: form.values.version }, typed: form.typed }
}

/** The names of the boxes that these rules tick. */
export const tickedBy = (rules: readonly Rule[]): string[] => rules.flatMap(rule => CHANNELS.filter(channel => rule[channel]).map(channel => `${rule.notice}.${rule.roleId ?? 'manager'}.${channel}`))
