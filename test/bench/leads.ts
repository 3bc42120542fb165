import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { readNumber } from '../../src/clients/phones/number.js'
import type { Db } from '../../src/database/knex.js'
import { findOffers } from '../../src/leads/client/queries.js'
import { createLead } from '../../src/leads/creating.js'
import { findActor } from '../../src/web/session-store.js'
import type { Viewer } from '../../src/web/viewer.js'
import { runJobs } from '../support/jobs.js'

/*
 * npm run bench -- --only leads [--leads 1000000]
 * What it takes to make a lead as the form does: looking for the client of its phone, then in one transaction its number, row, phone, first status, entry of the feed
 * and the job that tells people of it; beside the commit of one bare insert of the same row, in turns. Then how long the worker takes to tell of all of them.
 */
const WARM = 8
const ROUNDS = 8
const EACH = 50
const GOAL = 2

/** How long making a lead takes, beside the floor. */
export async function benchLeads (app: FastifyInstance, url: string): Promise<void> {
  const { db } = app
  const viewer = (await findActor(db, (await db('employees').whereLike('email', 'anna@%').first('id'))!.id))!
  const manager: number = (await db('employees').whereLike('email', 'sofia@%').first('id'))!.id
  const [type, status] = [(await db('lead_types').first('id'))!.id as number, (await db('lead_statuses').orderBy('id').first('id'))!.id as number]
  await runJobs(app)
  const bare = new pg.Client({ connectionString: url })
  await bare.connect()
  const times = { made: [] as number[], bare: [] as number[] }
  for (let round = 0; round < WARM + ROUNDS; round++) {
    for (let n = 0; n < EACH; n++) {
      const [took, inserted] = [await timed(() => make(db, viewer, type, manager, round * EACH + n)), await timed(() => insert(bare, { type, status, manager }, round * EACH + n))]
      if (round < WARM) continue // to warm up for about a second, as where pages are measured
      times.made.push(took)
      times.bare.push(inserted)
    }
  }
  await bare.end()
  const [made, floor] = [median(times.made), median(times.bare)]
  console.log(`  making a lead: ${made.toFixed(2)} ms (95 of 100 within ${at(times.made, 0.95).toFixed(2)}), the commit of a bare insert ${floor.toFixed(2)} ms: ${(made / floor).toFixed(2)} times${made / floor > GOAL ? '   above the goal' : ''}`)
  const count = (WARM + ROUNDS) * EACH
  const took = await timed(() => runJobs(app))
  const { told } = (await db('notifications').whereRaw("at > now() - interval '10 minutes'").count({ told: '*' }).first())!
  console.log(`  telling people of ${count} leads: ${(took / count).toFixed(2)} ms a lead, ${told} notifications`)
}

async function make (db: Db, viewer: Viewer, type: number, manager: number, n: number): Promise<void> {
  const number = readNumber(`600 ${String(n).padStart(6, '0')}`, viewer.organisation.country)
  await findOffers(db, viewer, number.e164 ? [number.e164] : [])
  await createLead(db, viewer, {
    type_id: type, contact_name: `Piotr ${n}`, phones: [{ id: null, number }], campaign_id: null, comment: 'Asks what a repair costs', due_at: new Date(Date.now() + 86_400_000), urgent: false, location_id: null, manager_id: manager
  }, { token: randomUUID() })
}

const insert = (client: pg.Client, { type, status, manager }: Record<'type' | 'status' | 'manager', number>, n: number) => client.query(`
  insert into leads (number, type_id, status_id, contact_name, comment, due_at, manager_id, created_by) values ($1, $2, $3, $4, 'Asks what a repair costs', now() + interval '1 day', $5, $5)`, [`BARE-${randomUUID()}`, type, status, `Piotr ${n}`, manager])

async function timed (work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const at = (times: number[], share: number): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)]!
const median = (times: number[]): number => at(times, 0.5)
