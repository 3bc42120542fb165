import { changesBetween, recordChanges } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { listRoles } from '../../roles/queries.js'
import { translator } from '../../web/i18n.js'
import { Refusal } from '../../web/refusal.js'
import type { Viewer } from '../../web/viewer.js'
import { CHANNELS } from '../notice.js'
import type { Rule, SettingsValues } from './form.js'

export interface NotificationSettings { rules: Rule[], dueSoonMinutes: number, version: number }

export async function findSettings (db: Db): Promise<NotificationSettings> {
  const [rules, settings] = await Promise.all([db('notification_rules').select('notice', 'role_id as roleId', 'in_app', 'mail'), db('notification_settings').first('due_soon_minutes as dueSoonMinutes', 'version')])
  return { rules, ...settings }
}

/** Writes who is told of what. Throws Refusal when somebody else did so meanwhile. */
export async function saveSettings (trx: Db, by: Viewer, { rules, dueSoonMinutes, version }: SettingsValues): Promise<void> {
  await trx('notification_settings').forUpdate().first('id')
  const before = await findSettings(trx)
  if (version !== null && version !== before.version) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  await trx('notification_rules').delete()
  if (rules.length > 0) await trx('notification_rules').insert(rules.map(({ roleId, ...rule }) => ({ ...rule, role_id: roleId })))
  await trx('notification_settings').update({ due_soon_minutes: dueSoonMinutes }).increment('version')
  const names = await namesOf(trx, by)
  await recordChanges(trx, by, 'leads.notifications', {
    changes: changesBetween({ told: before.rules.flatMap(names), due_soon_minutes: before.dueSoonMinutes }, { told: rules.flatMap(names), due_soon_minutes: dueSoonMinutes })
  })
}

/** What rules are called in the audit log, in the company's language: "Overdue: lead's manager, e-mail". */
async function namesOf (trx: Db, { organisation }: Viewer): Promise<(rule: Rule) => string[]> {
  const t = translator(organisation.language)
  const roles = new Map((await listRoles(trx)).map(({ id, key, name }) => [id, name ?? t(`roles.${key}`)]))
  return rule => CHANNELS.filter(channel => rule[channel]).map(channel =>
    `${t(`notifications.events.${rule.notice}`)}: ${rule.roleId === null ? t('notifications.lead_manager') : roles.get(rule.roleId)}, ${t(`notifications.channels.${channel}`)}`)
}
