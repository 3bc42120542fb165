import { changesBetween, recordChanges, type Actor } from '../audit/record.js'
import { fingerprint } from '../web/fingerprint.js'
import type { Db } from '../database/knex.js'
import { enqueue } from '../jobs/enqueue.js'
import { Refusal } from '../web/refusal.js'

const GENERAL = { company: 'name', country: 'country', currency: 'currency', time_zone: 'time_zone', language: 'language' } as const
const UNIQUENESS = { phone_uniqueness: 'phone_uniqueness', email_uniqueness: 'email_uniqueness' } as const
const FILES = { file_megabytes: 'file_megabytes', file_count: 'file_count', file_kinds: 'file_kinds' } as const

/** Pages of settings that are kept in the organisation's row: their fields, and the columns those stand in. */
const PAGES = { 'settings.general': GENERAL, 'settings.uniqueness': UNIQUENESS, 'settings.files': FILES } as const
type Page = keyof typeof PAGES

/** A short stand-in for what a page of settings shows: by it a save tells what its writer saw. */
export async function printSettings (db: Db, page: Page): Promise<string> {
  return fingerprint(await db('organisation').where({ id: 1 }).first(PAGES[page]))
}

/**
 * Keeps a page of settings, with what changed in the audit log. Every request reads them anew, so they act at the next one. Throws
 * Refusal when somebody changed them since the writer saw them (`was`, from printSettings; '' asks nothing).
 */
export async function saveSettings<P extends Page> (db: Db, by: Actor, page: P, values: Record<keyof (typeof PAGES)[P], unknown>, was: string): Promise<void> {
  const columns: Record<string, string> = PAGES[page]
  await db.transaction(async trx => {
    const before = await trx('organisation').where({ id: 1 }).forUpdate().first(columns)
    if (was !== '' && was !== fingerprint(before)) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
    const given = Object.entries(values)
    await trx('organisation').where({ id: 1 }).update(Object.fromEntries(given.map(([field, value]) => [columns[field], value])))
    if ('time_zone' in values && before.time_zone !== values.time_zone) await enqueue(trx, 'leads.hours', { location: null }, { key: 'hours of leads' })
    await recordChanges(trx, by, page, { changes: changesBetween(before, { ...values }) })
  })
}

/** How many; `more` says that counting stopped there. */
export interface CappedCount { count: number, more: boolean }

const CAP = 1000

/** How many phone numbers and e-mail addresses several clients have now, archived clients included: "refuse" looks at them too. */
export async function countShared (db: Db): Promise<{ phones: CappedCount, emails: CappedCount }> {
  return {
    phones: await countSharedIn(db, 'client_phones', 'e164'),
    emails: await countSharedIn(db, 'client_emails', 'address_key')
  }
}

// What stands twice is found in the index alone; only of that the rows are opened, to see whether one client has it twice.
async function countSharedIn (db: Db, table: string, column: string): Promise<CappedCount> {
  const { rows: [{ count }] } = await db.raw(`
    select count(*) from (
      select from (
        select ?? as contact from ?? where ?? is not null and removed_at is null group by ?? having count(*) > 1
      ) twice
      where (select min(client_id) <> max(client_id) from ?? where ?? = contact and removed_at is null)
      limit ?
    ) shared`,
  [column, table, column, column, table, column, CAP + 1])
  return { count: Math.min(count, CAP), more: count > CAP }
}
