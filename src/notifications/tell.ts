import { PREPARED, type Db } from '../database/knex.js'
import { seesLeadOf } from '../leads/visibility.js'
import { writeLetters, type Told } from './letters.js'
import { FIRST, type Cause } from './notice.js'

/**
 * Tells everybody of these, by the rules, in one statement: those who work here and may see the lead, but not who did it themselves. Each
 * is told one thing of each cause, once: of an entry that was told already nobody is told again. Letters go into the outbox of the same transaction.
 */
export async function tell (trx: Db, causes: readonly Cause[], publicUrl: string): Promise<void> {
  if (causes.length === 0) return
  const given = causes.flatMap(({ leadId, notices, by, eventId, dueAt }, n) => notices.map(notice => ({ n, lead_id: leadId, notice, by_id: by, event_id: eventId, due_at: dueAt })))
  const { rows }: { rows: (Told & { mailed: boolean })[] } = await trx.raw(`
    with found as (
      select c.n, c.lead_id, c.event_id, c.due_at, e.id as employee_id,
        (array_agg(c.notice order by array_position(:first::text[], c.notice)) filter (where h.in_app or h.mail))[1] as notice, bool_or(h.in_app) as in_app, bool_or(h.mail) as mailed
      from json_to_recordset(:given) as c (n int, lead_id bigint, notice text, by_id bigint, event_id bigint, due_at timestamptz)
      join leads l on l.id = c.lead_id
      join notification_rules u on u.notice = c.notice
      join employees e on (u.role_id is null and e.id = l.manager_id) or e.role_id = u.role_id
      join roles r on r.id = e.role_id
      left join notification_mutes m on m.employee_id = e.id and m.notice = c.notice
      cross join lateral (select u.in_app and not coalesce(m.in_app, false) as in_app, u.mail and not coalesce(m.mail, false) as mail) h
      where e.deactivated_at is null and e.password_hash is not null and e.id is distinct from c.by_id and ${seesLeadOf('e', 'r')}
      group by 1, 2, 3, 4, 5
    ), told as (
      insert into notifications (employee_id, lead_id, notice, event_id, due_at, in_app)
      select employee_id, lead_id, notice, event_id, due_at, in_app from found where in_app or mailed order by n, employee_id
      on conflict (event_id, employee_id) do nothing returning id, employee_id, lead_id, notice, event_id, due_at
    )
    select t.id, t.employee_id as "employeeId", t.lead_id as "leadId", t.notice, f.mailed
    from told t join found f on f.employee_id = t.employee_id and f.lead_id = t.lead_id and f.notice = t.notice and f.event_id is not distinct from t.event_id and f.due_at is not distinct from t.due_at
    order by t.id`, { first: FIRST as unknown as string[], given: JSON.stringify(given) }).options(PREPARED)
  await writeLetters(trx, rows.filter(({ mailed }) => mailed), publicUrl)
}
