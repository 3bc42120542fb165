import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import tap, { type Test } from 'tap'
import { SUBJECTS } from '../../src/form-editor/definition.js'
import { shapeOf } from '../../src/form-editor/shape.js'
import { addOrganisation, testApp, type TestApp } from './app.js'
import { folderOf } from './database.js'
import { putBack } from './kept.js'

interface Spare extends TestApp { jobs: number, close (): Promise<void> }

// To build an application and its database takes ten times as long as to put the rows back: what a test leaves as new, the next one gets.
// One that listens for browsers works on its jobs, too, and serves those alone who ask for one that is open.
const spares: { open?: Spare | undefined, shut?: Spare | undefined } = {}
let isOver = false
tap.after(async () => {
  isOver = true
  for (const spare of [spares.open, spares.shut]) await spare?.close()
})

/** As `testApp`: a database as new and an application on it. They may have served another test before, whose rows are gone. `isOpen`: it may listen already. */
export async function spareApp (t: Pick<Test, 'teardown'>, { isOpen = false } = {}): Promise<TestApp> {
  const kind = isOpen ? 'open' : 'shut'
  const there = spares[kind]
  spares[kind] = undefined // before anything is waited for: what becomes the spare meanwhile stays it
  const made = there ?? await make()
  t.teardown(async () => {
    // Another may have become the spare meanwhile, or the last teardown of all have been: nobody would close this one.
    const isSpare = made.app.server.listening === isOpen && !spares[kind] && await renew(made).catch(() => false) && !spares[kind] && !isOver
    if (isSpare) spares[kind] = made
    else await made.close()
  })
  return made
}

async function make (): Promise<Spare> {
  const endings: (() => unknown)[] = []
  const close = async () => { for (const end of endings) await end() }
  try {
    const made = await testApp({ teardown: (end: () => unknown) => { endings.unshift(end) } }, { kept: true })
    return { ...made, jobs: made.app.jobHandlers.size, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Puts everything back. Returns false when something is left that this doesn't undo: a server, work going on, a changed schema. */
async function renew ({ app, db, url, jobs }: Spare): Promise<boolean> {
  if (!process.env.CLIENTELA_TEST_KEPT || app.jobHandlers.size !== jobs) return false
  const { pool } = db.client
  for (let n = 0; n < 50 && pool.numUsed() + pool.numPendingAcquires() > 0; n++) await wait(10)
  if (pool.numUsed() > 0 || (app.server.listening && !await isIdle(app, db)) || !await putBack(db)) return false
  await rm(folderOf(url), { recursive: true, force: true })
  for (const subject of SUBJECTS) await shapeOf(db, subject) // what it remembers of a version that will be given again
  await app.outbox.wake() // after the round that may be going on
  await addOrganisation(db)
  return (await app.inject('/healthz')).statusCode === 200 // or the test has closed it
}

/** Whether an application that listens does nothing and has opened nothing that would outlast the rows: no page, no job, no connection of its own. */
async function isIdle (app: TestApp['app'], db: TestApp['db']): Promise<boolean> {
  const { rows: [{ listens }] } = await db.raw("select exists (select from mailboxes) or exists (select from gateways) or exists (select from telephony_settings where adapter <> 'none') as listens")
  if (listens) return false
  for (let n = 0; n < 50; n++) {
    const { rows: [{ works }] } = await db.raw('select exists (select from graphile_worker._private_jobs where locked_at is not null or (run_at <= now() and attempts < max_attempts)) as works')
    if (!works && app.streams.open.size === 0) return true
    await wait(20)
  }
  return false
}
