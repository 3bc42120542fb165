import type { Db } from '../../database/knex.js'

interface Pair { a: number, b: number, score: number, reasons: string[] }

/** Puts these clients, and all that hang together with them, into groups anew. */
export async function regroup (trx: Db, ids: readonly number[]): Promise<void> {
  const { rows } = await trx.raw(`
    with near as (
      select unnest(:ids::bigint[]) as id union select b_id from duplicate_pairs where a_id = any (:ids) and dismissed_at is null union select a_id from duplicate_pairs where b_id = any (:ids) and dismissed_at is null
    ),
    former as (select distinct group_id from duplicate_members where client_id in (select id from near)),
    family as (select id from near union select client_id from duplicate_members where group_id in (select group_id from former)),
    gone as (delete from duplicate_groups where id in (select group_id from former))
    select a_id as a, b_id as b, score, reasons from duplicate_pairs p join family on family.id = p.a_id where p.dismissed_at is null order by a_id, b_id`, { ids: [...ids] })
  const groups = groupsOf(rows)
  if (groups.length === 0) return
  await trx.raw('insert into duplicate_groups (id, score, reasons, size) select id, score, reasons, size from json_to_recordset(?) as g (id bigint, score smallint, reasons text[], size int)', [JSON.stringify(groups)])
  await trx.raw('insert into duplicate_members (client_id, group_id) select client_id, group_id from json_to_recordset(?) as m (client_id bigint, group_id bigint)', [JSON.stringify(groups.flatMap(({ id, clients }) => clients.map(client_id => ({ client_id, group_id: id }))))])
}

/** The clients that hang together by pairs, each group by its lowest number. */
export function groupsOf (pairs: readonly Pair[]): { id: number, clients: number[], score: number, reasons: string[], size: number }[] {
  const above = new Map<number, number>()
  const top = (id: number): number => {
    const up = above.get(id) ?? id
    if (up === id) return id
    const found = top(up)
    above.set(id, found)
    return found
  }
  for (const { a, b } of pairs) {
    const [low, high] = [top(a), top(b)].sort((one, other) => one - other) as [number, number]
    above.set(low, low)
    above.set(high, low)
  }
  const groups = new Map<number, { clients: Set<number>, score: number, reasons: Set<string> }>()
  for (const { a, b, score, reasons } of pairs) {
    const id = top(a)
    const group = groups.get(id) ?? { clients: new Set<number>(), score: 0, reasons: new Set<string>() }
    groups.set(id, group)
    group.clients.add(a).add(b)
    group.score = Math.max(group.score, score)
    for (const reason of reasons) group.reasons.add(reason)
  }
  return [...groups].map(([id, { clients, score, reasons }]) => ({ id, clients: [...clients], score, reasons: [...reasons].sort(), size: clients.size }))
}
