import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import type { Db } from '../../src/database/knex.js'
import { openSession } from '../support/session.js'
import { WEBHOOK, SECRET } from '../support/calls.js'

const SCREENS = 500
const GOAL = 500

/** Measures how long after the webhook the card of a call is on each of 500 open screens, each of another person, beside a bare notice of Postgres. */
export async function benchCalls (db: Db, inside: FastifyInstance, url: string, port: number, rounds: number): Promise<void> {
  // Every screen is another person's.
  await db.raw("insert into employees (name, email, role_id, language, password_hash) select 'Person ' || n, 'person' || n || '@clientela.example', (select id from roles where key = (array['specialist', 'manager'])[1 + n % 2]), (array['pl', 'es', 'pt', 'en'])[1 + n % 4], 'none' from generate_series(1, ?) n", [SCREENS])
  const employees: number[] = await db('employees').whereNull('deactivated_at').pluck('id')
  const anna = (await db('employees').whereLike('email', 'anna@%').first('id')).id
  const { version } = await db('telephony_settings').first('version')
  const saved = await inside.inject({ method: 'POST', url: '/settings/telephony', headers: { cookie: await openSession(inside, db, anna), 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams({ ...WEBHOOK, version: String(version) }).toString() })
  if (saved.statusCode !== 303) throw new Error(`The telephony was refused: ${saved.statusCode}`)
  const numbers: string[] = await db('client_phones').whereNotNull('e164').whereNull('removed_at').orderBy('id').limit(rounds).pluck('e164')

  let hear: (screen: number, name: string) => void = () => {}
  for (let n = 0; n < SCREENS; n++) {
    const cookie = await openSession(inside, db, employees[n % employees.length]!)
    get({ host: '127.0.0.1', port, path: '/live', headers: { cookie }, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
        const parts = text.split('\n\n')
        text = parts.pop()!
        for (const part of parts) for (const [, id] of part.matchAll(/id="call-(\d+)"/g)) hear(n, id!)
      })
    }).on('error', () => {})
  }
  await wait(3000)

  const taken: number[] = [], answers: number[] = []
  let lost = 0
  for (const number of numbers) {
    const id = randomUUID()
    const begun = performance.now()
    const arrived = new Map<number, number>()
    let call = ''
    const early: [number, string, number][] = []
    hear = (screen, name) => { if (call === '') early.push([screen, name, performance.now() - begun]); else if (name === call && !arrived.has(screen)) arrived.set(screen, performance.now() - begun) }
    await post(port, { call_id: id, state: 'ringing', caller: number })
    answers.push(performance.now() - begun)
    call = String((await db('calls').where({ provider_id: id }).first('id')).id)
    for (const [screen, name, at] of early) if (name === call && !arrived.has(screen)) arrived.set(screen, at)
    for (let n = 0; n < 100 && arrived.size < SCREENS; n++) await wait(20)
    lost += SCREENS - arrived.size
    taken.push(...arrived.values())
    await post(port, { call_id: id, state: 'ended' })
    await wait(300)
  }
  const bare = await bareNotice(url)
  const at = (all: number[], part: number) => all.toSorted((a, b) => a - b)[Math.floor(part * (all.length - 1))]!
  console.log(`\na call's card on ${SCREENS} open screens, from the webhook, in ${numbers.length} calls: median ${at(taken, 0.5).toFixed(0)} ms, 95 of 100 ${at(taken, 0.95).toFixed(0)} ms, the last ${at(taken, 1).toFixed(0)} ms${at(taken, 1) > GOAL ? '   above the goal' : ''}${lost > 0 ? `; ${lost} never came` : ''}`)
  console.log(`  the webhook is answered in ${at(answers, 0.5).toFixed(0)} ms; a bare notice of Postgres takes ${bare.toFixed(1)} ms, the card ${(at(taken, 0.5) / bare).toFixed(0)} times as long`)
}

async function post (port: number, message: object): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/hooks/calls/webhook`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-secret': SECRET }, body: JSON.stringify(message) })
  if (status !== 204) throw new Error(`The webhook answered ${status}`)
}

async function bareNotice (url: string): Promise<number> {
  const [listener, teller] = [new pg.Client(url), new pg.Client(url)]
  await Promise.all([listener.connect(), teller.connect()])
  await listener.query('listen bare')
  const times: number[] = []
  for (let n = 0; n < 50; n++) {
    const begun = performance.now()
    const heard = new Promise(resolve => listener.once('notification', resolve))
    await teller.query("notify bare, 'x'")
    await heard
    times.push(performance.now() - begun)
  }
  await Promise.all([listener.end(), teller.end()])
  return times.toSorted((a, b) => a - b)[25]!
}
