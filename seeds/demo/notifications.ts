import type { Db } from '../../src/database/knex.js'

/** What the demo's people have been told of its latest leads: some of it read by now. Of what came due before today the clock tells nobody any more. */
export async function makeNotifications (db: Db, until: Date): Promise<void> {
  await db('lead_alarms').where('at', '<=', until).delete()
  await db.raw(`
    insert into notifications (employee_id, lead_id, notice, event_id, due_at, in_app, at, read_at)
    select employee_id, lead_id, notice, event_id, due_at, true, at, case when at < :until::timestamptz - interval '20 hours' or id % 3 = 0 then least(:until, at + interval '2 hours') end
    from (
      select v.id, e.id as employee_id, v.lead_id, case when e.id = l.manager_id then 'assigned' else 'new' end as notice, v.id as event_id, null::timestamptz as due_at, v.at
      from events v join leads l on l.id = v.lead_id join employees e on e.deactivated_at is null join roles r on r.id = e.role_id and (r.key = 'manager' or e.id = l.manager_id and r.key <> 'owner')
      where v.kind = 'lead.created' and v.at > :until::timestamptz - interval '2 days' and (r.key = 'manager' or l.location_id is not null)
      union all
      select l.id, l.manager_id, l.id, 'overdue', null, l.due_at, l.due_at
      from leads l join employees e on e.id = l.manager_id and e.deactivated_at is null
      where l.closed_at is null and l.due_at between :until::timestamptz - interval '3 days' and :until
    ) told order by at, id`, { until: until.toISOString() })
}
