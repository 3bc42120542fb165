import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { seedDemo } from '../../seeds/demo.js'
import { buildApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { openDatabase, type Db } from '../../src/database/knex.js'
import { migrateToLatest } from '../../src/database/migrate.js'
import { inRoot } from '../../src/paths.js'
import { databaseUrl } from '../support/server.js'
import { openSession } from '../support/session.js'

const POOL = 10

/** A demo's database with the application in this process, and Anna, who may do everything. */
export interface Shop {
  db: Db
  url: string
  inside: FastifyInstance
  /** Anna's id, and the cookie of a session of hers. */
  anna: number
  cookie: string
  /** Starts the application, or another program of this folder, in a process of its own. */
  serve (file?: string): Promise<Served>
}

export interface Served { child: ChildProcess, port: number, pid: number, end (): Promise<void> }

/** Makes a database with so many clients of the demo's; gives its address. */
export async function madeDatabase (server: string, size: number): Promise<string> {
  const name = `bench_${size}`
  const admin = openDatabase(server)
  await admin.raw(`create database ${name}`)
  await admin.destroy()
  const url = databaseUrl(server, name)
  const db = openDatabase(url)
  await migrateToLatest(db)
  console.log(`Making ${size} clients …`)
  await seedDemo(db, { clients: size })
  await db.destroy()
  return url
}

/** Opens a shop on a database for some work, with settings as the environment gives them, and closes it behind that. */
export async function inShop (url: string, settings: Record<string, string>, work: (shop: Shop) => Promise<void>): Promise<void> {
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const inside = await buildApp({ config: readConfig({ LOG_LEVEL: 'silent', ...settings }), db, databaseUrl: url, secret })
  await inside.ready()
  const { id: anna } = await db('employees').whereLike('email', 'anna@%').first('id')
  const cookie = await openSession(inside, db, anna)
  const serve = (file = 'app-process.js') => start(file, { ...process.env, DATABASE_URL: url, POOL: String(POOL), DATABASE_POOL: String(POOL), ...settings })
  await work({ db, url, inside, anna, cookie, serve })
  await inside.close()
  await db.destroy()
}

async function start (file: string, env: NodeJS.ProcessEnv): Promise<Served> {
  const child = fork(inRoot('dist', 'test', 'bench', file), { env, execArgv: await startFlags(), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  const end = async () => { child.disconnect(); await once(child, 'exit') }
  return { child, port, pid: child.pid!, end }
}

// Everything runs with the flags that `npm start` gives.
const startFlags = async (): Promise<string[]> => JSON.parse(await readFile(inRoot('package.json'), 'utf8')).scripts.start.match(/--[a-z\d-]+(=\d+)?/g)

/** Waits until the application that is served has looked for duplicates among all the clients that were just made, and says how long that took. */
export async function settle (db: Db): Promise<void> {
  const begun = performance.now()
  while (await db('duplicate_changes').first('id')) await wait(1000)
  const seconds = (performance.now() - begun) / 1000
  if (seconds > 1) console.log(`  until all was looked at for duplicates, with nobody else at work: ${seconds.toFixed(0)} s`)
}

/** Says what the application takes in the end, `of` whom when there are several. */
export async function sayMemory (pid: number, of = ''): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1]
  console.log(`  memory of the application${of && ` of ${of}`} after it: ${kilobytes ? (Number(kilobytes) / 1024).toFixed(0) : '?'} MB resident`)
}
