import { changesBetween, recordChanges, type Actor } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import type { GeneralValues, UniquenessValues } from './form.js'

/** Keeps what the company is. Every request reads it anew, so it acts at the next one. */
export async function saveGeneral (db: Db, by: Actor, values: GeneralValues): Promise<void> {
  const { company, country, currency, time_zone, language } = values
  await db.transaction(async trx => {
    const before = await trx('organisation').where({ id: 1 }).forUpdate().first('name as company', 'country', 'currency', 'time_zone', 'language')
    await trx('organisation').where({ id: 1 }).update({ name: company, country, currency, time_zone, language })
    await recordChanges(trx, by, 'settings.general', { changes: changesBetween(before, { company, country, currency, time_zone, language }) })
  })
}

/** Keeps what happens when two clients have the same phone or e-mail. Doubles that are there stay. */
export async function saveUniqueness (db: Db, by: Actor, values: UniquenessValues): Promise<void> {
  await db.transaction(async trx => {
    const before = await trx('organisation').where({ id: 1 }).forUpdate().first('phone_uniqueness', 'email_uniqueness')
    await trx('organisation').where({ id: 1 }).update(values)
    await recordChanges(trx, by, 'settings.uniqueness', { changes: changesBetween(before, values) })
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
