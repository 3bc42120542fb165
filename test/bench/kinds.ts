import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../src/database/knex.js'
import { connect, type Ask } from './connection.js'

/** Addresses that ought to be equally quick, by what they are called; words in braces stand for what the database has. */
export type Kinds = Record<string, string[]>

/** Where the answers come from, as whom; `words` are those that the addresses' braces stand for, `name` tells one size from another. */
export interface Served { name: string, db: Db, cookie: string, port: number, pid: number, words: Record<string, string | number> }

/** Where the addresses are, for how many seconds each kind is asked, and what of 95 of 100 and of any may take, in milliseconds. */
export interface Terms { path: string, seconds: number, goal: number, worst: number }

const RATIO = 1.5
const CONNECTIONS = 10
const WARMING = 8000
// So many times all sizes are asked for a kind: the machine is quicker and slower by the minute.
const TURNS = 4
// Milliseconds between an answer and a quick typist's next key.
const KEY = 200

interface Processes { app: number, postgres: number }
interface Connected { served: Served, connections: { ask: Ask, close (): void }[], processes: Processes, addresses: Map<string, string[]> }
/** How long each of the ten waits behind an answer, in milliseconds, and whether other people change something meanwhile. */
interface How { pause?: number, isChanging?: boolean }
/** Milliseconds that each answer took, by address, and that the processors took for all of them. */
interface Fired { taken: Map<string, number[]>, app: number, database: number }

/**
 * Measures all kinds, once the applications are warm, at ten connections, each asking anew as soon as it was answered, which is as much as the machine can do, while something changes all the time: so
 * nothing that was found for one answer serves another. Then the same while nothing changes ("again"), and, while all changes, with ten people who type as fast as people can, a key a fifth of a
 * second after each answer ("typing"). Of each kind how long 50 and 95 of 100 answers take and the longest, the addresses of a kind in turns; the processor's time that an
 * answer takes of the application and of Postgres. Where several sizes are served, each kind is asked of them in turns; of the larger ones it says how many times as long as of the smallest,
 * which is the first, 95 of 100 take.
 */
export async function measureKinds (sizes: readonly Served[], kinds: Kinds, { path, seconds, goal, worst }: Terms): Promise<void> {
  const all: Connected[] = []
  for (const served of sizes) all.push(await open(served, kinds, path))
  // An application that is in use has been compiled, which takes the first two thousand answers or so.
  for (const one of all) await fire(one, [...one.addresses.values()].flat(), WARMING)
  const width = Math.max(...sizes.map(({ name }) => name.length))
  console.log(`  ${'at 10 connections'.padEnd(30 + width)}${['p50', 'p95', 'most', 'app CPU', 'db CPU', 'times', 'again', 'typing'].map(title => title.padStart(9)).join('')}  the slowest`)
  for (const kind of Object.keys(kinds)) {
    const fired = all.map(() => ({ fresh: [] as Fired[], again: [] as Fired[], typing: [] as Fired[] }))
    const ask = (one: Connected, how: How = {}) => fire(one, one.addresses.get(kind)!, seconds * 1000 / TURNS, how)
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [n, one] of all.entries()) {
        fired[n]!.fresh.push(await ask(one, { isChanging: true }))
        fired[n]!.again.push(await ask(one))
        fired[n]!.typing.push(await ask(one, { isChanging: true, pause: KEY }))
      }
    }
    const smallest = measure(fired[0]!.fresh).p95
    for (const [n, { name }] of sizes.entries()) {
      const { fresh, again, typing } = fired[n]!
      const { p50, p95, most, app, database, slowest, mean } = measure(fresh)
      const times = n > 0 ? p95 / smallest : null
      const isWrong = p95 > goal || mean > worst || (times ?? 0) > RATIO
      console.log(`  ${(n === 0 ? kind : '').padEnd(30)}${name.padStart(width)}${[p50, p95, most, app, database].map(inMs).join('')}${(times?.toFixed(2) ?? '').padStart(9)}${[measure(again).p95, measure(typing).p95].map(inMs).join('')}  ${decodeURIComponent(slowest)} ${mean.toFixed(0)}${isWrong ? '   above the goal' : ''}`)
    }
  }
  for (const { connections } of all) for (const connection of connections) connection.close()
}

const inMs = (ms: number): string => ms.toFixed(1).padStart(9)

async function open (served: Served, kinds: Kinds, path: string): Promise<Connected> {
  const { db, cookie, port, pid, words } = served
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(port, { cookie, 'hx-request': 'true', 'hx-request-type': 'partial' })))
  const { rows: [{ backend }] } = await db.raw('select pg_backend_pid() as backend')
  const addresses = new Map<string, string[]>()
  for (const [kind, queries] of Object.entries(kinds)) {
    const urls: string[] = []
    for (const query of queries) urls.push(await addressOf(path, query, words, connections[0]!.ask))
    addresses.set(kind, urls)
  }
  return { served, connections, processes: { app: pid, postgres: parentOf(await readFile(`/proc/${backend}/stat`, 'utf8').catch(() => '')) }, addresses }
}

async function fire ({ served: { db }, connections, processes: { app, postgres } }: Connected, urls: string[], milliseconds: number, { pause = 0, isChanging = false }: How = {}): Promise<Fired> {
  const taken = new Map(urls.map(url => [url, [] as number[]]))
  const before = [await processorTime(app), await processorTime(postgres)] as const
  const end = performance.now() + milliseconds
  let next = 0
  const changes = isChanging ? db.raw(changingFor(milliseconds)).then() : null
  await Promise.all(connections.map(async ({ ask }, place) => {
    if (pause > 0) await wait(pause * place / CONNECTIONS)
    while (performance.now() < end) {
      const url = urls[next++ % urls.length]!, begun = performance.now()
      await ask(url)
      taken.get(url)!.push(performance.now() - begun)
      if (pause > 0) await wait(pause)
    }
  }))
  await changes
  return { taken, app: await processorTime(app) - before[0], database: await processorTime(postgres) - before[1] }
}

// What a transaction has done is no matter: whoever remembers something of the database only sees that there was one (src/database/unchanged.ts). A thousandth of a processor.
const changingFor = (milliseconds: number): string => `
  do $$ begin while clock_timestamp() < statement_timestamp() + ${milliseconds} * interval '1 millisecond' loop perform pg_current_xact_id(); commit; perform pg_sleep(0.002); end loop; end $$`

function measure (fired: Fired[]) {
  const taken = new Map([...fired[0]!.taken.keys()].map(url => [url, fired.flatMap(({ taken }) => taken.get(url)!)]))
  const all = [...taken.values()].flat().sort((a, b) => a - b)
  const at = (part: number) => all[Math.floor(part * (all.length - 1))]!
  const sum = (times: number[]) => times.reduce((sum, time) => sum + time, 0)
  const mean = (url: string) => sum(taken.get(url)!) / (taken.get(url)!.length || 1)
  const slowest = [...taken.keys()].sort((a, b) => mean(b) - mean(a))[0]!
  return { p50: at(0.5), p95: at(0.95), most: at(1), slowest, mean: mean(slowest), app: sum(fired.map(({ app }) => app)) / all.length, database: sum(fired.map(({ database }) => database)) / all.length }
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
