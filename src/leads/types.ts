import type { Db } from '../database/knex.js'
import type { Translate } from '../web/i18n.js'
import { wordsOf } from '../web/labels.js'
import type { Language } from '../web/viewer.js'
import type { LeadType } from './lead.js'

/** All types in their order; the removed ones only when asked for. */
export async function listTypes (db: Db, { removed = false }: { removed?: boolean } = {}): Promise<LeadType[]> {
  return db('lead_types').modify(query => { if (!removed) query.whereNull('removed_at') }).orderBy(['position', 'id'])
    .select('id', 'key', 'labels', 'icon', 'form_id as formId', 'first_status_id as firstStatusId', 'position', 'version')
}

/** What a type is called in a language: by its own labels, or as it came. */
export const typeName = (t: Translate, { labels, key }: Pick<LeadType, 'labels' | 'key'>, language: Language): string =>
  wordsOf(labels, language, language) || t(`lead_types.${key}`)
