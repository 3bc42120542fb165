import { PREPARED, type Db } from '../database/knex.js'
import { unchanged, type AsOf } from '../database/unchanged.js'
import type { Translate } from '../web/i18n.js'
import type { Say } from '../web/labels.js'
import type { Group, LeadStatus } from './lead.js'

/** All statuses in their order, each with where it leads and whose it is; the removed ones only when asked for. `asOf` is a viewer's. */
export const listStatuses = (db: Db, { removed = false, asOf }: { removed?: boolean, asOf?: AsOf } = {}): Promise<LeadStatus[]> =>
  unchanged(db, asOf, `statuses ${removed}`, () => readStatuses(db, removed))

async function readStatuses (db: Db, removed: boolean): Promise<LeadStatus[]> {
  return db('lead_statuses as s').modify(query => { if (!removed) query.whereNull('removed_at') }).orderBy(['position', 'id']).select(
    'id', 'key', 'labels', 'group_key as group', 'colour', 'role', 'position', 'limit_minutes as limitMinutes', 'limit_clock as limitClock', 'version',
    db.raw('array(select m.to_id from lead_status_moves m join lead_statuses o on o.id = m.to_id where m.from_id = s.id and o.removed_at is null order by o.position, o.id)::int[] as next'),
    db.raw('array(select role_id from lead_status_roles r where r.status_id = s.id order by role_id)::int[] as roles')).options(PREPARED)
}

/** What a status is called: by its own labels, or as it came. */
export const statusName = (t: Translate, say: Say, { labels, key }: Pick<LeadStatus, 'labels' | 'key'>): string =>
  say(labels) || t(`lead_statuses.${key}`)

export const groupName = (t: Translate, group: Group): string => t(`lead_groups.${group}`)
