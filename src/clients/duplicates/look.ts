import type { FastifyInstance } from 'fastify'
import { inBackground } from '../../database/background.js'
import type { Db } from '../../database/knex.js'
import { isWriting } from '../../imports/queries.js'
import { enqueue } from '../../jobs/enqueue.js'
import { regroup } from './group.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'duplicates.look': Record<string, never> }
}

// Clients looked at in one transaction: a step that takes a fraction of a second, however big the base is. Where there are more, as behind an
// import, it goes on behind everybody else in the queue for a processor.
const BATCH = 1000
const EVERY = 10_000

/** What has more than so many clients (a switchboard's number, "none@none.com", a shopping centre) says nothing of any two of them. */
const MOST_ALIKE = 30
const MOST_NEIGHBOURS = 100

/** Looks for duplicates in the background, of the clients that were changed, soon after they were. `url`: the database's address. */
export function lookForDuplicates (app: FastifyInstance, url: string): void {
  const { db } = app
  app.job('duplicates.look', async (_payload, { signal }) => {
    // An import is quicker without, and many a client of its first rows is changed by a later one.
    if (await isWriting(db) || !await lookAtBatch(db)) return
    await inBackground(url, 1, async background => {
      do signal.throwIfAborted()
      while (!await isWriting(background) && await lookAtBatch(background))
    })
  })
  // Asked from outside: were it the change itself, whoever saves would wait for all who save at that moment.
  let timer: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    timer = setInterval(() => {
      db('duplicate_changes').first('id').then(change => change && enqueue(db, 'duplicates.look', {}, { key: 'duplicates', queue: 'duplicates' }))
        .catch(error => app.log.warn({ err: error }, 'duplicates could not be looked for'))
    }, EVERY).unref()
  })
  app.addHook('onClose', async () => clearInterval(timer))
}

/** Looks at the clients that were changed first. Returns whether there may be others. */
export async function lookAtBatch (db: Db, limit = BATCH): Promise<boolean> {
  return db.transaction(async trx => {
    const { rows: [{ ids, count }] } = await trx.raw(`
      with changed as (delete from duplicate_changes where id in (select id from duplicate_changes order by id limit ?) returning client_id)
      select coalesce(array_agg(distinct client_id), '{}')::float8[] as ids, count(*)::int as count from changed`, [limit])
    if (ids.length > 0) {
      // Of tables just filled nothing is known, and each client would read all of them instead of an index.
      await trx.raw('set local enable_seqscan = off')
      await compare(trx, ids)
      await regroup(trx, ids)
    }
    return count === limit
  })
}

const alike = (reason: string, what: string, column: string, others: string, most: number) => `
  select mine.client_id as x, y, '${reason}' as reason, ${what} as what, mine.name
  from mine ${column}
  cross join lateral (select array_agg(one.client_id) as ids from (${others} limit ${most + 1}) one having count(*) <= ${most}) other
  cross join unnest(other.ids) y`

/** Writes anew which pairs these clients make. */
async function compare (trx: Db, ids: number[]): Promise<void> {
  await trx.raw('delete from duplicate_prints where client_id = any (?)', [ids])
  await trx.raw('insert into duplicate_prints select p.* from clients c cross join lateral duplicate_print(c) p where c.id = any (?) and c.archived_at is null', [ids])
  await trx.raw(`
    with mine as materialized (select * from duplicate_prints where client_id = any (:ids)),
    found as (
      ${alike('phone', 'p.e164', 'join client_phones p on p.client_id = mine.client_id and p.removed_at is null and p.e164 is not null', 'select o.client_id from client_phones o where o.e164 = p.e164 and o.removed_at is null and o.client_id <> mine.client_id', MOST_ALIKE)}
      union all
      ${alike('email', 'e.address_key', 'join client_emails e on e.client_id = mine.client_id and e.removed_at is null', 'select o.client_id from client_emails o where o.address_key = e.address_key and o.removed_at is null and o.client_id <> mine.client_id', MOST_ALIKE)}
      union all
      select * from (${alike('address', 'mine.address', '', "select o.client_id from duplicate_prints o where o.address = mine.address and o.address <> '' and o.client_id <> mine.client_id", MOST_NEIGHBOURS)} where mine.address <> '') near
      where exists (select from duplicate_prints o where o.client_id = near.y and similarity(o.name, near.name) >= 0.5)
      union all
      select * from (${alike('company', 'mine.company', '', "select o.client_id from duplicate_prints o where o.company = mine.company and o.company <> '' and o.kind = mine.kind and o.client_id <> mine.client_id", MOST_ALIKE)} where mine.company <> '') near
      where exists (select from duplicate_prints o where o.client_id = near.y and (o.kind = 'company' or similarity(o.name, near.name) >= 0.5))
    ),
    pairs as (
      select least(x, y) as a, greatest(x, y) as b, array_agg(distinct reason order by reason) as reasons, string_agg(distinct reason || what, ',' order by reason || what) as what
      from found group by 1, 2
    ),
    scored as (
      select a, b, reasons, md5(concat_ws(',', what, na.name, nb.name)) as print,
        least(99, round(
          greatest(
            case when 'email' = any (reasons) then 75 + 20 * s.alike end,
            case when 'phone' = any (reasons) then 70 + 25 * s.alike end,
            case when 'address' = any (reasons) then 55 + 30 * s.alike end,
            case when 'company' = any (reasons) then 50 + 30 * s.alike end
          ) + 4 * (cardinality(reasons) - 1)))::smallint as score
      from pairs join duplicate_prints na on na.client_id = a join duplicate_prints nb on nb.client_id = b
      cross join lateral (select similarity(na.name, nb.name) as alike) s
    ),
    written as (
      insert into duplicate_pairs as p (a_id, b_id, score, reasons, print) select a, b, score, reasons, print from scored order by a, b
      on conflict (a_id, b_id) do update set score = excluded.score, reasons = excluded.reasons, print = excluded.print,
        dismissed_at = case when p.print = excluded.print then p.dismissed_at end, dismissed_by = case when p.print = excluded.print then p.dismissed_by end
      where (p.score, p.reasons, p.print) is distinct from (excluded.score, excluded.reasons, excluded.print)
    )
    delete from duplicate_pairs p where (a_id = any (:ids) or b_id = any (:ids)) and dismissed_at is null and not exists (select from scored where a = a_id and b = b_id)`, { ids })
}
