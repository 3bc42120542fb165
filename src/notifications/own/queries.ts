import type { Db } from '../../database/knex.js'
import { seesLeads } from '../../leads/visibility.js'
import type { Viewer } from '../../web/viewer.js'
import { NOTICES, type Channel, type Notice } from '../notice.js'

/** What somebody is told of by the rules, as their role or as a lead's manager, and whether they hear it: null where nothing comes that way. */
export interface OwnNotice extends Record<Channel, boolean | null> { notice: Notice }

/** In the order of the settings; nothing for who sees no leads. */
export async function findOwnNotices (db: Db, viewer: Viewer): Promise<OwnNotice[]> {
  if (!seesLeads(viewer)) return []
  const { rows } = await db.raw(`
    select r.notice, case when bool_or(r.in_app) then not coalesce(bool_or(m.in_app), false) end as in_app, case when bool_or(r.mail) then not coalesce(bool_or(m.mail), false) end as mail
    from notification_rules r left join notification_mutes m on m.employee_id = :id and m.notice = r.notice
    where r.role_id is null or r.role_id = :role group by r.notice`, { id: viewer.id, role: viewer.roleId })
  return NOTICES.flatMap(notice => rows.filter((row: OwnNotice) => row.notice === notice))
}

/** Mutes what somebody was shown and didn't leave on; what they weren't shown stays as it is. `shown` and `on` are of "assigned.mail". */
export async function muteOwn (trx: Db, viewer: Viewer, shown: readonly string[], on: readonly string[]): Promise<void> {
  for (const notice of NOTICES) {
    const muted = Object.fromEntries((['in_app', 'mail'] as const).filter(channel => shown.includes(`${notice}.${channel}`)).map(channel => [channel, !on.includes(`${notice}.${channel}`)]))
    if (Object.keys(muted).length > 0) await trx('notification_mutes').insert({ employee_id: viewer.id, notice, ...muted }).onConflict(['employee_id', 'notice']).merge(muted)
  }
}
