import type { Db } from '../database/knex.js'
import type { Translate } from '../web/i18n.js'
import type { Say } from '../web/labels.js'
import type { LeadType } from './lead.js'

/** All types in their order; the removed ones only when asked for, or the one that a lead has (`held`). */
export async function listTypes (db: Db, { removed = false, held = null }: { removed?: boolean, held?: number | null } = {}): Promise<LeadType[]> {
  return db('lead_types').modify(query => { if (!removed) query.where(some => some.whereNull('removed_at').orWhere('id', held ?? 0)) }).orderBy(['position', 'id'])
    .select('id', 'key', 'labels', 'icon', 'form_id as formId', 'first_status_id as firstStatusId', 'position', 'version')
}

/** What a type is called: by its own labels, or as it came. */
export const typeName = (t: Translate, say: Say, { labels, key }: Pick<LeadType, 'labels' | 'key'>): string =>
  say(labels) || t(`lead_types.${key}`)
