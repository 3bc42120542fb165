import { changesBetween, recordChanges } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import type { Language, Viewer } from '../../web/viewer.js'
import { CONSENT_CHANNELS, type ConsentChannel } from './consent.js'

/** One text that clients agree to, or agreed to once. */
export interface Wording { version: number, body: string, at: Date, by: string | null }

/** Of each channel all versions in one language, newest first; the first is in force unless its text is empty. */
export type Wordings = Record<ConsentChannel, Wording[]>

export async function listWordings (db: Db, language: Language): Promise<Wordings> {
  const rows = await db('consent_wordings as d').leftJoin('employees as w', 'w.id', 'd.employee_id').where({ 'd.language': language })
    .orderBy('d.version', 'desc').select('d.channel', 'd.version', 'd.body', 'd.at', 'w.name as by')
  return Object.fromEntries(CONSENT_CHANNELS.map(channel => [channel, rows.filter(row => row.channel === channel)])) as unknown as Wordings
}

/** The languages in which some channel has a text in force. */
export async function listWorded (db: Db): Promise<string[]> {
  const { rows } = await db.raw("select distinct language from (select distinct on (channel, language) language, body from consent_wordings order by channel, language, version desc) newest where body <> ''")
  return rows.map((row: { language: string }) => row.language)
}

/**
 * Makes a new version of each text that differs from the one in force. Returns the channels that somebody else worded anew since
 * `seen`, the version that the writer saw; then nothing is written at all.
 */
export async function saveWordings (db: Db, by: Viewer, language: Language, bodies: Record<ConsentChannel, string>, seen: Record<ConsentChannel, number>): Promise<ConsentChannel[]> {
  return db.transaction(async trx => {
    await trx.raw("select pg_advisory_xact_lock(hashtext('consent_wordings'))")
    const now = await listWordings(trx, language)
    const version = (channel: ConsentChannel) => now[channel][0]?.version ?? 0
    const changed = CONSENT_CHANNELS.filter(channel => bodies[channel] !== (now[channel][0]?.body ?? ''))
    const conflicts = changed.filter(channel => version(channel) !== seen[channel])
    if (conflicts.length > 0 || changed.length === 0) return conflicts
    await trx('consent_wordings').insert(changed.map(channel => ({ channel, language, version: version(channel) + 1, body: bodies[channel], employee_id: by.id })))
    const texts = (of: (channel: ConsentChannel) => string | undefined) => Object.fromEntries(changed.map(channel => [`consent_${channel}`, of(channel)]))
    await recordChanges(trx, by, 'settings.consent', { subject: { type: 'language', id: 0, name: language }, changes: changesBetween(texts(channel => now[channel][0]?.body), texts(channel => bodies[channel])) })
    return []
  })
}
