import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../src/database/knex.js'
import { connect, type Ask } from './connection.js'

/** Addresses that ought to be equally quick, by what they are called; words in braces stand for what the database has. */
export type Kinds = Record<string, string[]>

/** Where the answers come from, as whom, and what of 95 of 100 and of any may take, in milliseconds. */
export interface Served { db: Db, cookie: string, port: number, pid: number, seconds: number, path: string, goal: number, worst: number }

const RATIO = 1.5
const CONNECTIONS = 10
const WARMING = 8000
// Milliseconds between an answer and a quick typist's next key.
const KEY = 200

/** What was measured, by kind. */
export type Found = Map<string, Measured>

interface Measured { typing: number, p50: number, p95: number, most: number, slowest: string, app: number, database: number }

/**
 * Measures all kinds, once the application is warm, at ten connections, each asking anew as soon as it was answered, which is as much as the machine can do; and again with ten people who type as
 * fast as people can, a key a fifth of a second after each answer ("typing"). Of each kind how long 50 and 95 of 100 answers take and the longest, the addresses of a
 * kind in turns; the processor's time that an answer takes of the application and of Postgres; and how many times as long as those of `earlier`, a smaller size.
 */
export async function measureKinds (served: Served, kinds: Kinds, words: Record<string, string | number>, earlier: Found | null): Promise<Found> {
  const { db, cookie, port, pid, seconds, path, goal, worst } = served
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(port, { cookie, 'hx-request': 'true', 'hx-request-type': 'partial' })))
  const ask = connections[0]!.ask
  const { rows: [{ backend }] } = await db.raw('select pg_backend_pid() as backend')
  const processes = { app: pid, postgres: parentOf(await readFile(`/proc/${backend}/stat`, 'utf8').catch(() => '')) }
  const measured: Found = new Map()
  console.log(`  ${'at 10 connections'.padEnd(30)}${['typing', 'p50', 'p95', 'most', 'app CPU', 'db CPU', 'times'].map(title => title.padStart(9)).join('')}  the slowest`)
  const addresses = new Map<string, string[]>()
  for (const [kind, queries] of Object.entries(kinds)) {
    const urls: string[] = []
    for (const query of queries) urls.push(await addressOf(path, query, words, ask))
    addresses.set(kind, urls)
  }
  // An application that is in use has been compiled, which takes the first two thousand answers or so.
  await fire([...addresses.values()].flat(), connections, WARMING, processes)
  for (const [kind, urls] of addresses) {
    const one = { ...await fire(urls, connections, seconds * 1000, processes), typing: (await fire(urls, connections, seconds * 1000, processes, KEY)).p95 }
    measured.set(kind, one)
    const times = earlier ? one.p95 / earlier.get(kind)!.p95 : null
    const wrong = one.p95 > goal || one.most > worst || (times ?? 0) > RATIO
    console.log(`  ${kind.padEnd(30)}${[one.typing, one.p50, one.p95, one.most, one.app, one.database].map(ms => ms.toFixed(1).padStart(9)).join('')}${(times?.toFixed(2) ?? '').padStart(9)}  ${decodeURIComponent(one.slowest)}${wrong ? '   above the goal' : ''}`)
  }
  for (const connection of connections) connection.close()
  return measured
}

async function fire (urls: string[], connections: readonly { ask: Ask }[], milliseconds: number, { app, postgres }: { app: number, postgres: number }, pause = 0): Promise<Omit<Measured, 'typing'>> {
  const taken = new Map(urls.map(url => [url, [] as number[]]))
  const before = [await processorTime(app), await processorTime(postgres)] as const
  const end = performance.now() + milliseconds
  let next = 0
  await Promise.all(connections.map(async ({ ask }, place) => {
    if (pause > 0) await wait(pause * place / CONNECTIONS)
    while (performance.now() < end) {
      const url = urls[next++ % urls.length]!, begun = performance.now()
      await ask(url)
      taken.get(url)!.push(performance.now() - begun)
      if (pause > 0) await wait(pause)
    }
  }))
  const after = [await processorTime(app), await processorTime(postgres)] as const
  const all = [...taken.values()].flat().sort((a, b) => a - b)
  const at = (part: number) => all[Math.floor(part * (all.length - 1))]!
  const mean = (times: number[]) => times.reduce((sum, time) => sum + time, 0) / (times.length || 1)
  const slowest = urls.toSorted((a, b) => mean(taken.get(b)!) - mean(taken.get(a)!))[0]!
  return { p50: at(0.5), p95: at(0.95), most: at(1), slowest: `${slowest} ${mean(taken.get(slowest)!).toFixed(0)}`, app: (after[0] - before[0]) / all.length, database: (after[1] - before[1]) / all.length }
}

/** The address of a query; "next" follows so many links to the next page first. */
async function addressOf (path: string, query: string, words: Record<string, string | number>, ask: Ask): Promise<string> {
  const [, address, pages] = /^(.*?)(?:&next=(\d+))?$/.exec(query.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(words[name] ?? '')))!
  let url = encodeURI(decodeURI(`${path}?${address}`))
  for (let page = 0; page < Number(pages ?? 0); page++) {
    const link = /href="([^"]+)" rel="next"/.exec((await ask(url)).toString())?.[1]
    if (!link) break
    url = link.replaceAll('&amp;', '&')
  }
  return url
}

// Of /proc/<pid>/stat, behind the name in brackets: see proc(5).
const numbersOf = (stat: string): number[] => stat.slice(stat.lastIndexOf(')') + 4).split(' ').map(Number)
const parentOf = (stat: string): number => numbersOf(stat)[0]!

/** Milliseconds of processor that a process and its children have taken; of Linux only, elsewhere NaN. */
async function processorTime (pid: number): Promise<number> {
  const pids = await readdir('/proc').catch(() => [] as string[])
  const stats = await Promise.all(pids.filter(name => /^\d+$/.test(name)).map(name => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')))
  const ours = stats.filter(stat => parseInt(stat) === pid || parentOf(stat) === pid).map(numbersOf)
  return ours.length === 0 ? NaN : ours.reduce((sum, numbers) => sum + numbers[10]! + numbers[11]!, 0) * 10
}
