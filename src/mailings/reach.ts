import type { Knex } from 'knex'
import type { Db } from '../database/knex.js'
import type { MessageChannel } from '../messages/message.js'
import type { Reach, Why } from './mailing.js'

/**
 * SQL of how each of some clients (`chosen (id)`, a common table) is reached: by the first of :channels for which a number or address has its box on, or why by
 * none. Of several with the same number or address the first is. Boxes and the history of consents are one by the database's own rule; sending asks again.
 */
export const REACHING = `
  found as (
    select g.id as client_id, t.channel, t.phone_id, t.email_id, t.address,
      case when t.channel is not null then null
        when k.archived_at is not null then 'gone'
        when not exists (select from client_phones p where p.client_id = g.id and p.removed_at is null and :channels::text[] && '{sms,whatsapp,viber}')
          and not exists (select from client_emails e where e.client_id = g.id and e.removed_at is null and 'email' = any (:channels)) then 'no_contact'
        when not exists (select from client_phones p where p.client_id = g.id and p.removed_at is null and p.e164 is not null and :channels::text[] && '{sms,whatsapp,viber}')
          and not exists (select from client_emails e where e.client_id = g.id and e.removed_at is null and 'email' = any (:channels)) then 'not_valid'
        else 'no_consent' end as why
    from chosen g join clients k on k.id = g.id left join lateral (
      select * from (
        select c.channel, p.id as phone_id, null::bigint as email_id, p.e164 as address, array_position(:channels::text[], c.channel) as place, p.position
        from client_phones p cross join lateral (values ('sms', p.sms), ('whatsapp', p.whatsapp), ('viber', p.viber)) c (channel, is_on)
        where p.client_id = g.id and p.removed_at is null and p.e164 is not null and c.is_on and c.channel = any (:channels)
        union all
        select 'email', null, e.id, e.address_key, array_position(:channels::text[], 'email'), e.position from client_emails e
        where e.client_id = g.id and e.removed_at is null and e.agrees and 'email' = any (:channels)
      ) way where k.archived_at is null order by place, position, coalesce(phone_id, email_id) limit 1
    ) t on true
  ), reached as (
    select client_id, channel, phone_id, email_id, address,
      case when channel is not null and row_number() over (partition by address order by client_id) > 1 then 'same_address' else why end as why from found
  )`

/** How many of some clients can be reached, and why the others can't, in one statement. */
export async function countReach (db: Db, clients: Knex.QueryBuilder, channels: readonly MessageChannel[]): Promise<Reach> {
  const { sql, bindings } = clients.clone().select('clients.id').toSQL()
  const chosen = db.raw(sql, bindings as Knex.RawBinding[])
  const { rows }: { rows: { channel: MessageChannel | null, why: Why | null, count: number }[] } = await db.raw(
    `with chosen as (:chosen), ${REACHING} select case when why is null then channel end as channel, why, count(*)::int as count from reached group by 1, 2 order by 3 desc, 2, 1`,
    { chosen: chosen as unknown as string, channels: [...channels] })
  const byChannel = rows.flatMap(({ channel, why, count }) => why === null && channel ? [{ channel, count }] : [])
  return { reached: byChannel.reduce((sum, { count }) => sum + count, 0), byChannel, not: rows.flatMap(({ why, count }) => why === null ? [] : [{ why, count }]) }
}
