import type { Db } from '../../database/knex.js'
import { plainAddress } from '../../map/geocoder.js'
import { BELONGINGS, MENTIONS } from '../merging/belongings.js'

export interface Erased { files: number, consents: number }

/**
 * Deletes clients for good with everything that is theirs, in the transaction of whoever asks: set by set, however many they are. Kept
 * is that it was done, when, by whom and why, and how many files and consents went. Contents of files are cleared away within a day
 * by whoever sweeps them. The rows have to be locked (see lockClient). Returns how much went, by client; those that aren't there are left out.
 */
export async function eraseClients (trx: Db, by: { id: number }, ids: readonly number[], reason: 'request' | 'deleted'): Promise<Map<number, Erased>> {
  const here = [...ids]
  const { rows } = await trx.raw(`
    insert into client_erasures (client_id, is_supplier, employee_id, reason, files, consents)
    select c.id, c.is_supplier, :by, :reason, (select count(*) from files f where f.client_id = c.id), (select count(*) from consents k where k.client_id = c.id)
    from clients c where c.id = any (:here) order by c.id on conflict (client_id) do nothing returning client_id, files, consents`, { by: by.id, reason, here })
  // Those that were merged into them go too, and their old addresses with them.
  const { rows: merged } = await trx.raw(`
    insert into client_erasures (client_id, is_supplier, employee_id, reason, files, consents)
    select k.client_id, c.is_supplier, :by, :reason, 0, 0
    from client_merge_clients k join client_merges m on m.id = k.merge_id join clients c on c.id = m.survivor_id where c.id = any (:here) order by k.client_id on conflict (client_id) do nothing returning client_id`, { by: by.id, reason, here })
  const gone = [...here, ...merged.map(({ client_id: id }: { client_id: number }) => id)]

  // What others' entries say of them: a merge that was undone names both.
  await trx.raw(`
    update events e set details = jsonb_set(e.details, '{clients}', (
      select jsonb_agg(case when (c ->> 'id')::bigint = any (:gone) then jsonb_build_object('id', c -> 'id', 'name', null) else c end) from jsonb_array_elements(e.details -> 'clients') c))
    from client_merges m
    where m.client_ids && :gone and e.client_id = m.survivor_id and e.kind in ('client.merged', 'client.unmerged') and e.details ->> 'merge' = m.id::text`, { gone })
  const addresses: string[] = await trx('clients').whereRaw("id = any (?) and address <> ''", [here]).distinct().pluck('address')
  if (addresses.length > 0) await trx('geocoder_answers').whereRaw('query = any (?)', [addresses.map(plainAddress)]).delete()
  // A file that brought them names them too; once its import is over it is needed for nothing.
  await trx.raw("update imports set content = null, inspected = jsonb_set(inspected, '{sample}', '[]') where content is not null and state in ('done', 'stopped', 'failed', 'undone') and id in (select import_id from import_rows where client_id = any (?))", [gone])
  for (const { erase } of MENTIONS) if (erase) await trx.raw(erase, { ids: gone })
  // Contents go when nothing names them any more; the sooner they may, the better.
  await trx.raw(`update file_contents set used_at = '-infinity' where hash in (select unnest(array[content, thumbnail]) from files where client_id = any (:here) or lead_id in (select id from leads where client_id = any (:here)))`, { here })
  for (const { erase } of BELONGINGS) if (typeof erase === 'object') await trx.raw(erase.stays, { ids: here })
  for (const { table, column, erase } of BELONGINGS) if (erase === 'first') await trx(table).whereRaw('?? = any (?)', [column, here]).delete()
  await trx('clients').whereRaw('id = any (?)', [here]).delete()
  return new Map(rows.map(({ client_id: id, files, consents }: Erased & { client_id: number }) => [id, { files, consents }]))
}
