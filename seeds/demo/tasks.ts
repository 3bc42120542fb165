import type { Db } from '../../src/database/knex.js'
import type { Language } from '../../src/web/viewer.js'
import { daysLater } from '../../src/web/zone.js'
import { Chance } from './chance.js'
import type { Employee, Shop } from './shop.js'
import { fill, WORDS } from './words.js'

const DAY = 86_400_000
const EACH = 7

/** When a task of a person is due, in days from today, at what time, and whether it is done. */
const PLAN: [days: number, time: string | null, done: boolean][] = [
  [-3, null, false], [-1, '15:00', false], [0, '10:30', false], [0, null, false], [1, '09:15', false], [6, null, false], [-1, null, true]
]

/** Gives everybody who works in the demo shop a few tasks of its latest clients: overdue, for today, for later, and done. */
export async function makeTasks (db: Db, { staff, calendar }: Shop, today: string): Promise<void> {
  const chance = new Chance(11)
  const workers = staff.filter(({ until }) => !until)
  const clients: { id: number, version: number }[] = await db('clients').whereNull('archived_at').where({ is_supplier: false })
    .where('active_at', '<', new Date(calendar.end - 5 * DAY)).orderBy('active_at', 'desc').orderBy('id').limit(workers.length * EACH).select('id', 'version')
  const names = new Map((await db('employees').select('id', 'name')).map(({ id, name }) => [id, name]))

  const made = clients.map(({ id, version }, i) => {
    const who = workers[i % workers.length]!
    const [days, time, done] = PLAN[Math.floor(i / workers.length)]!
    const author: Employee = chance.is(0.7) ? who : chance.pick(workers)
    const words = WORDS[who.language]
    const what = fill(chance.pick(WHAT[who.language]), words, chance)
    const due = { due_on: daysLater(today, days), due_time: time }
    return { client: id, version, who, author, done, what, due, addedAt: calendar.workingTime(calendar.end - (2 + 2 * chance.next()) * DAY), doneAt: calendar.workingTime(calendar.end - chance.next() * DAY) }
  })
  if (made.length === 0) return
  const tasks: { id: number }[] = await db('tasks').insert(made.map(({ client, who, author, done, what, due, addedAt, doneAt }) => ({
    client_id: client, what, ...due, assignee_id: who.id, created_by: author.id, created_at: addedAt, ...(done && { done_at: doneAt, done_by: who.id })
  }))).returning('id')
  const events = made.flatMap(({ client, version, who, author, done, what, due, addedAt, doneAt }, i) => {
    const details = JSON.stringify({ task: { id: tasks[i]!.id, what, ...due, assignee: names.get(who.id) } })
    const added = { client_id: client, kind: 'task.added', employee_id: author.id, at: addedAt, version: version + 1, details }
    return done ? [added, { ...added, kind: 'task.done', employee_id: who.id, at: doneAt, version: version + 2 }] : [added]
  })
  await db('events').insert(events)
  await db.raw("update tasks set event_id = (select max(e.id) from events e where e.client_id = tasks.client_id and e.kind like 'task.%')")
  await db.raw(`
    update clients set version = e.version, active_at = e.at
    from (select distinct on (client_id) client_id, version, at from events where client_id = any (?) order by client_id, id desc) e where e.client_id = clients.id`, [made.map(({ client }) => client)])
}

/** The hours of the demo's three locations, and when they are closed all the same. */
export async function makeHours (db: Db, { branches }: Shop, today: string): Promise<void> {
  const hours = branches.flatMap(({ location }, i) => HOURS[i]!.flatMap((spans, day) => spans.map(([opens, closes]) => ({ location_id: location.id, weekday: day + 1, opens: opens * 60, closes: closes * 60 }))))
  await db('location_hours').insert(hours)
  const year = today.slice(0, 4)
  await db('location_closed_days').insert(branches.flatMap(({ location }, i) => [
    { location_id: location.id, starts_on: `${year}-12-24`, ends_on: `${year}-12-26`, note: ['Boże Narodzenie', 'Navidad', 'Natal'][i] },
    { location_id: location.id, starts_on: daysLater(today, 40 + i), ends_on: daysLater(today, 40 + i), note: ['Remanent', 'Inventario', 'Inventário'][i] }
  ]))
}

type Spans = [opens: number, closes: number][]
const week = (day: Spans, saturday: Spans): Spans[] => [day, day, day, day, day, saturday, []]
const HOURS = [week([[9, 18]], [[9, 13]]), week([[9.5, 14], [17, 20.5]], [[10, 14]]), week([[9, 13], [14, 19]], [[9, 13]])]

const WHAT: Record<Language, string[]> = {
  en: ['Call back: {item}', 'Send the estimate for {item}', 'Ask whether {item} works now', 'Order a part for {item}', 'Remind to collect {item}', 'Agree on a visit for {day}'],
  es: ['Llamar: {item}', 'Enviar el presupuesto de {item}', 'Preguntar si ya funciona: {item}', 'Pedir una pieza para {item}', 'Recordar la recogida: {item}', 'Acordar una visita para el {day}'],
  pl: ['Oddzwonić: {item}', 'Wysłać wycenę: {item}', 'Zapytać, czy już działa: {item}', 'Zamówić część: {item}', 'Przypomnieć o odbiorze: {item}', 'Umówić wizytę: {day}'],
  pt: ['Ligar de volta: {item}', 'Enviar o orçamento: {item}', 'Perguntar se já funciona: {item}', 'Encomendar uma peça: {item}', 'Lembrar a recolha: {item}', 'Marcar uma visita: {day}']
}
