import type { Db } from '../../src/database/knex.js'
import { Chance } from './chance.js'
import type { Shop } from './shop.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const DAYS = 30

interface Known { id: number, e164: string, display: string, digits: string, since: Date, version: number }
interface Missed { id: number, e164: string, display: string, digits: string, client_id: number | null, at: Date }

/** The demo's telephones, and the calls of its last month: of clients, both ways, and those that became leads because nobody answered. */
export async function makeCalls (db: Db, { staff, calendar }: Shop, until: Date): Promise<void> {
  const chance = new Chance(35)
  await db.raw("update employees e set extension = (100 + n.place)::text from (select id, row_number() over (order by id) as place from employees where deactivated_at is null) n where n.id = e.id")
  await db('telephony_settings').update({ missed_type_id: db('lead_types').where({ key: 'missed_call' }).select('id') })
  const people = staff.filter(one => !one.until)
  const from = new Date(until.getTime() - DAYS * DAY)
  // Entries of a feed stand in the order they were kept: a call is the last thing that happened.
  const clients: Known[] = await db('clients as c').join('client_phones as p', 'p.client_id', 'c.id').where('p.position', 0).whereNull('p.removed_at').whereNotNull('p.e164').whereNull('c.archived_at')
    .orderBy('c.id').distinctOn('c.id').limit(400).select('c.id', 'p.e164', 'p.display', 'p.digits', 'c.version', db.raw('(select max(at) from events v where v.client_id = c.id) as since'))
  const calls = clients.flatMap((client, n) => {
    const at = calendar.workingTime(from.getTime() + chance.next() * (calendar.end - from.getTime())).getTime()
    if (at <= client.since.getTime() || at >= until.getTime() - 10 * MINUTE) return []
    const isOut = chance.is(0.4), isMissed = chance.is(isOut ? 0.25 : 0.12), seconds = isMissed ? null : chance.int(15, 600)
    const answered = at + chance.int(3, 25) * 1000
    const employee = isOut || !isMissed ? chance.pick(people).id : null
    return [{
      client, call: {
        adapter: 'webhook', provider_id: `demo-${n}`, direction: isOut ? 'out' : 'in', state: isMissed ? 'missed' : 'ended', e164: client.e164, display: client.display, digits: client.digits, client_id: client.id, employee_id: employee,
        started_at: new Date(at), answered_at: seconds === null ? null : new Date(answered), ended_at: new Date(seconds === null ? at + 30_000 : answered + seconds * 1000), seconds
      }
    }]
  }).sort((a, b) => a.call.started_at.getTime() - b.call.started_at.getTime())
  if (calls.length > 0) {
    const ids: { id: number }[] = await db('calls').insert(calls.map(({ call }) => call)).returning('id')
    await db('events').insert(calls.map(({ client, call }, n) => ({
      client_id: client.id, kind: 'call', employee_id: call.employee_id, at: call.ended_at, version: client.version + 1, details: JSON.stringify({ call: ids[n]!.id, direction: call.direction, state: call.state, seconds: call.seconds, recording: false })
    })))
    await db.raw('update clients c set version = version + 1, active_at = greatest(active_at, k.ended_at) from calls k where k.client_id = c.id and k.id = any (?)', [ids.map(({ id }) => id)])
  }
  const missed: Missed[] = await db('leads as l').join('lead_types as y', 'y.id', 'l.type_id').join('lead_phones as p', 'p.lead_id', 'l.id').where({ 'y.key': 'missed_call', 'p.position': 0 }).where('l.created_at', '>', from).orderBy('l.id').limit(200)
    .select('l.id', 'p.e164', 'p.display', 'p.digits', 'l.client_id', 'l.created_at as at')
  if (missed.length > 0) await db('calls').insert(missed.map(({ id, e164, display, digits, client_id, at }) => ({ adapter: 'webhook', provider_id: `demo-lead-${id}`, direction: 'in', state: 'missed', e164, display, digits, client_id, lead_id: id, started_at: new Date(at.getTime() - 40_000), ended_at: at })))
}
