import { BUILT_IN_ROLES } from '../../src/rights.js'
import type { AuditChange, AuditKind } from '../../src/audit/entry.js'
import type { Db } from '../../src/database/knex.js'
import type { Employee } from './shop.js'

const DAY = 86_400_000

type Story = [daysAgo: number, by: number, kind: AuditKind, subject: [type: string, id: number, name: string] | null, changes?: AuditChange[]]

/** Writes who changed settings and rights since the demo company opened, oldest first. `staff` in the order of company.ts, Olga and Anna first. */
export async function writeAudit (db: Db, staff: Employee[], until: Date): Promise<void> {
  const people = await db('employees').select('id', 'name')
  const roles = new Map<string, number>((await db('roles').select('key', 'id')).map(({ key, id }) => [key, id]))
  const stories = [...tales(staff, name => people.find(one => one.id === name)!.name, roles), ...everyday(staff)]
  const rows = stories.sort(([a], [b]) => b - a).map(([daysAgo, by, kind, subject, changes = []]) => ({
    at: new Date(until.getTime() - daysAgo * DAY), employee_id: by, kind,
    subject_type: subject?.[0] ?? null, subject_id: subject?.[1] ?? null, subject_name: subject?.[2] ?? null, details: JSON.stringify({ changes })
  }))
  await db('audit_entries').insert(rows)
}

function tales (staff: Employee[], nameOf: (id: number) => string, roles: Map<string, number>): Story[] {
  const [olga = 0, anna = 0, , , , , , , jan = 0] = staff.map(({ id }) => id)
  const person = (id: number): Story[3] => ['employee', id, nameOf(id)]
  const role = (key: string): Story[3] => ['role', roles.get(key) ?? 0, key]
  const manager = [...BUILT_IN_ROLES.manager].sort()
  const change = (field: AuditChange['field'], before: unknown, after: unknown): AuditChange => ({ field, old: before, new: after })
  return [
    ...staff.slice(1).map(({ id, role: key }, n): Story => [1060 - n * 9, olga, 'employees.invited', person(id), [change('role', null, key)]]),
    ...staff.slice(1).map(({ id }, n): Story => [1059.2 - n * 9, id, 'safety.invitation_accepted', person(id)]),
    [1041.3, olga, 'settings.general', null, [change('company', 'Naprawa', 'Naprawa & Co')]],
    [930.5, anna, 'settings.uniqueness', null, [change('phone_uniqueness', 'allow', 'warn'), change('email_uniqueness', 'allow', 'warn')]],
    [702.4, anna, 'roles.rights', role('manager'), [change('rights', manager.filter(right => right !== 'clients.export'), manager)]],
    [300.1, anna, 'employees.deactivated', person(jan)],
    [212.6, anna, 'employees.link', person(staff[6]!.id)],
    [95.7, olga, 'safety.two_steps_on', null], [95.6, olga, 'safety.recovery_codes', null],
    [94.2, olga, 'safety.two_steps_off', null],
    [31.4, anna, 'safety.view_as', role('specialist')],
    [12.3, anna, 'employees.changed', person(staff[7]!.id), [change('locations', ['Lisboa', 'Sevilla'], ['Lisboa'])]],
    [3.6, anna, 'safety.view_as', role('manager')]
  ]
}

// People change their passwords, and sign out devices that they left elsewhere.
function everyday (staff: Employee[]): Story[] {
  const active = staff.filter(({ until }) => !until)
  return active.flatMap(({ id }, n): Story[] => Array.from({ length: 6 }, (_, turn): Story =>
    turn % 2 === 0 ? [40.3 + n * 7.1 + turn * 150, id, 'safety.password', null] : [20.7 + n * 11.3 + turn * 97, id, 'safety.sessions_ended', null, [{ field: 'device', old: ['Chrome, Android', 'Firefox, Windows', 'Safari, iPhone'][turn % 3], new: null }]]))
}
