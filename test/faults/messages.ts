import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seedDemo } from '../../seeds/demo.js'
import { Chance } from '../../seeds/demo/chance.js'
import { startEmbeddedPostgres } from '../../src/database/embedded.js'
import { freePort } from '../../src/database/embedded/port.js'
import { openDatabase } from '../../src/database/knex.js'
import { migrateToLatest } from '../../src/database/migrate.js'
import { createMailing } from '../../src/mailings/queries.js'
import { queueMessages } from '../../src/messages/queue.js'
import { inRoot, root } from '../../src/paths.js'
import { findActor } from '../../src/web/session-store.js'

/*
 * npm run faults [-- --messages 1000] [-- --kills 20] [-- --seed 7]
 * Queues messages, and writes to many clients at once, while the application, the mail server and Postgres are killed at random, lets everything come to rest, and compares
 * the ledger of fates with what the mail server took: nothing lost, nothing sent twice, and nothing called sent that wasn't.
 */
const option = (name: string, fallback: number) => Number(process.argv[process.argv.indexOf(`--${name}`) + 1 || process.argv.length] ?? fallback)
const MESSAGES = option('messages', 1000)
const KILLS = option('kills', 20)
const SEED = option('seed', Date.now() % 100_000)
const PATIENCE = 240_000

const chance = new Chance(SEED)
const random = () => chance.next()
const directory = mkdtempSync(join(tmpdir(), 'clientela-faults-'))
const ledger = join(directory, 'taken')
writeFileSync(ledger, '')
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres'), log: () => {} })
const db = openDatabase(postgres.url)
const port = await freePort()
let app: ChildProcess | undefined
let smtp: ChildProcess | undefined
let isOver = false
const postgresKilled: number[] = []

try {
  await prepare()
  startApp()
  await startSmtp()
  console.log(`${MESSAGES} messages, ${KILLS} kills, seed ${SEED}`)
  await Promise.all([queueAll(), writeToMany(), killSome()])
  await comeToRest()
  process.exitCode = await compare() ? 0 : 1
} finally {
  isOver = true
  for (const child of [app, smtp]) child?.kill('SIGKILL')
  await db.destroy().catch(() => {})
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
}

async function prepare (): Promise<void> {
  await migrateToLatest(db)
  await seedDemo(db, { clients: 600 })
  await db('mail_settings').insert({ id: 1, sends: true, host: '127.0.0.1', port, security: 'none', sender_name: 'Faults', sender_address: 'desk@faults.example', public_url: 'https://desk.faults.example', version: 1 })
    .onConflict('id').merge()
}

function startApp (): void {
  app = spawn(process.execPath, [inRoot('dist/src/server.js')], { cwd: root, stdio: 'ignore', env: { ...process.env, PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'data'), DATABASE_URL: postgres.url } })
  // Whoever runs it starts it again, also when it ended by itself because Postgres was away.
  app.on('exit', () => { if (!isOver) setTimeout(startApp, 200) })
}

async function startSmtp (): Promise<void> {
  smtp = fork(join(import.meta.dirname, 'smtp-process.js'), [String(port), ledger])
  smtp.on('exit', () => { if (!isOver) setTimeout(() => { void startSmtp() }, 300) })
  await Promise.race([once(smtp, 'message'), once(smtp, 'exit')])
}

/** Queues them a few at a time. A commit nobody heard of may have been kept: the subject tells. */
async function queueAll (): Promise<void> {
  const { client_id: clientId, id: emailId, employee } = await again(async () => {
    const row = await db('client_emails').where({ agrees: true, removed_at: null }).whereNotNull('address').first('id', 'client_id')
    return { ...row, employee: (await db('employees').first('id')).id }
  })
  for (let from = 1; from <= MESSAGES;) {
    const to = Math.min(MESSAGES, from + chance.int(0, 19))
    const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n)
    await again(async () => {
      if (await db('messages').where({ subject: `fault ${from}` }).first('id')) return
      await db.transaction(trx => queueMessages(trx, { id: employee }, numbers.map(n => ({ channel: 'email' as const, clientId, to: { emailId }, subject: `fault ${n}`, text: `Number ${n}`, cause: 'hand' as const }))))
    })
    from = to + 1
    await sleep(random() * 400)
  }
}

/** Once for all: whether its commit was kept is asked before it is tried again. */
async function writeToMany (): Promise<void> {
  await again(async () => {
    if (await db('mailings').first('id')) return
    const { id } = await db('employees as e').join('roles as r', 'r.id', 'e.role_id').where({ key: 'owner' }).first('e.id')
    const by = (await findActor(db, id))!
    await db.transaction(trx => createMailing(trx, by, trx('clients').whereNull('archived_at'), {
      channels: ['email'], emailTemplateId: null, textTemplateId: null, subject: 'fault to many', emailBody: 'To all of you', textBody: '', skipsEmpty: false, perMinute: null, dueAt: new Date()
    }))
  })
}

async function killSome (): Promise<void> {
  const killed = { app: 0, smtp: 0, postgres: 0 }
  for (let n = 0; n < KILLS; n++) {
    await sleep(500 + random() * 4000)
    const which = chance.is(0.15) && await mayKillPostgres() ? 'postgres' : chance.is(0.5) ? 'app' : 'smtp'
    killed[which]++
    if (which === 'postgres') process.kill(postgres.pid, 'SIGKILL')
    else (which === 'app' ? app : smtp)?.kill('SIGKILL')
  }
  console.log(`killed: the application ${killed.app} times, the mail server ${killed.smtp}, Postgres ${killed.postgres}`)
}

// It comes back by itself, three times a minute at most, and not from a kill in the middle of coming back: it has to stand first.
async function mayKillPostgres (): Promise<boolean> {
  if (postgresKilled.filter(at => at > Date.now() - 60_000).length >= 3) return false
  await again(() => db.raw('select 1'))
  postgresKilled.push(Date.now())
  return true
}

/** Lets what waits for its time be due now, until nothing waits. */
async function comeToRest (): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(1000)) {
    const waiting = await again(async () => {
      await db('messages').where({ state: 'due' }).where('due_at', '>', db.fn.now()).update({ due_at: db.fn.now() })
      await db.raw("update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()")
      const running = await db('mailings').where({ state: 'running' }).first('id')
      return Number((await db('messages').whereIn('state', ['due', 'sending']).count('* as n'))[0].n) + (running ? 1 : 0)
    })
    if (waiting === 0) return
  }
}

async function compare (): Promise<boolean> {
  const taken = readFileSync(ledger, 'utf8').split('\n').filter(Boolean)
  const times = new Map<string, number>()
  for (const subject of taken) times.set(subject, (times.get(subject) ?? 0) + 1)
  const rows: { subject: string, cause: string, state: string, last: string }[] = await db('messages as m').whereLike('subject', 'fault %')
    .select('cause', 'state', db.raw("subject || ' <' || address || '>' as subject"), db.raw('(select f.state from message_fates f where f.message_id = m.id order by f.id desc limit 1) as last'))
  const count = (of: (row: typeof rows[number]) => boolean) => rows.filter(of).length
  const arrived = ({ subject }: { subject: string }) => times.has(subject)
  const toMany = count(({ cause }) => cause === 'many')
  const recipients = await db('mailing_recipients').select('outcome', 'message_id')
  const figures = {
    queued: rows.length,
    'of them to many at once': toMany,
    'taken by the mail server': times.size,
    sent: count(({ state }) => state === 'sent'),
    'uncertain, and taken': count(row => row.state === 'uncertain' && arrived(row)),
    'uncertain, and not taken': count(row => row.state === 'uncertain' && !arrived(row)),
    failed: count(({ state }) => state === 'failed')
  }
  const wrong = {
    'lost before they were queued': MESSAGES - rows.length + toMany,
    'recipients of many without an end': recipients.filter(({ outcome }) => outcome === null).length,
    'recipients of many whose message is lost or a second one': Math.abs(recipients.filter(({ message_id: id }) => id !== null).length - toMany) + toMany - new Set(rows.filter(({ cause }) => cause === 'many').map(({ subject }) => subject)).size,
    'still waiting': count(({ state }) => !['sent', 'uncertain', 'failed'].includes(state)),
    'called sent, and not taken': count(row => row.state === 'sent' && !arrived(row)),
    'called failed, and taken': count(row => row.state === 'failed' && arrived(row)),
    'taken twice': [...times.values()].filter(n => n > 1).length,
    'taken, and never queued': [...times.keys()].filter(subject => !rows.some(row => row.subject === subject)).length,
    'whose ledger ends otherwise': count(({ state, last }) => state !== last)
  }
  for (const [what, n] of Object.entries({ ...figures, ...wrong })) console.log(`${String(n).padStart(6)}  ${what}`)
  return Object.values(wrong).every(n => n === 0)
}

/** Does it until Postgres answers. */
async function again<T> (work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries > 100) throw error
      await sleep(300)
    }
  }
}
