import { createWriteStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { measure } from '../../src/files/spool.js'
import { keepContent } from '../../src/files/queries.js'
import { checkJob } from '../../src/imports/checking/job.js'
import type { Target } from '../../src/imports/columns/targets.js'
import { look } from '../../src/imports/inspecting/look.js'
import { createImport } from '../../src/imports/queries.js'
import { RULES } from '../../src/imports/rules.js'
import { runJob } from '../../src/imports/running/job.js'
import { writeWorkbook, type XlsxCell } from '../../src/web/xlsx.js'

const COLUMNS: [title: string, target: Target['name']][] = [
  ['First name', 'first_name'], ['Surname', 'surname'], ['Company', 'company_name'], ['Phone', 'phone'], ['Second phone', 'phone'], ['E-mail', 'email'], ['Address', 'address'], ['Supplier', 'is_supplier'],
  ['Tags', 'tag'], ['Campaign', 'campaign'], ['Discount', 'discount_services'], ['Note', 'note']
]
const NAMES = ['Anna', 'Łukasz', 'José Luis', 'Inês', 'Grzegorz', 'María', 'João', 'Zofia'], SURNAMES = ['Kowalska', 'Żółkiewski', 'García Núñez', 'Gonçalves', 'Brzęczyszczykiewicz', 'Wójcik']

function rowOf (n: number): string[] {
  const company = n % 7 === 0
  return [
    company ? '' : NAMES[n % 8]!, company ? '' : `${SURNAMES[n % 6]} ${n.toString(36)}`, company ? `Warsztat ${n.toString(36)} sp. z o.o.` : '', `+48 6${String(10_000_000 + n)}`, n % 5 === 0 ? `22 ${String(1_000_000 + n)}` : '',
    n % 3 === 0 ? '' : `client.${n}@poczta.example`, `ul. ${SURNAMES[(n >> 3) % 6]} ${n % 200}, Wrocław`, n % 50 === 0 ? 'yes' : 'no', ['VIP', 'VIP, Fleet', '', 'Rowery'][n % 4]!, ['Radio', '', 'Google Ads'][n % 3]!, n % 10 === 0 ? '10%' : '', n % 4 === 0 ? `Prefers to be called after ${n % 24}:00` : ''
  ]
}

interface Person { by: number, cookie: string }

/**
 * How fast a workbook of 12 columns becomes clients, step by step, beside COPY of the same cells, and what memory the checking takes: with nobody at
 * work meanwhile, or with people who open the list, and then how long that takes beside when nothing else goes on.
 */
export async function benchImports (app: FastifyInstance, url: string, person: Person, count: number, folder: string, isAsked: boolean): Promise<void> {
  const { db } = app
  const id = await bringIn(app, person.by, count, folder)
  const run = { signal: new AbortController().signal, log: app.log, attempt: 1, isLast: true }
  const people = isAsked ? await peopleAtWork(app, person.cookie) : null
  const ofAlone = await people?.during(async () => { await wait(10_000) })
  const memory = watchMemory()
  const [copied] = await timed(() => copy(url, count))
  let checked = 0, written = 0
  const check = async () => { checked = (await timed(() => checkJob(app, url)({ id, by: person.by }, run)))[0] }
  const write = async () => { written = (await timed(() => runJob(app, url)({ id }, run)))[0] }
  const ofChecking = await (people ? people.during(check) : check())
  const most = memory.stop()
  await db('imports').where({ id }).update({ state: 'running' })
  const ofWriting = await (people ? people.during(write) : write())
  const { state, counts, problem } = await db('imports').where({ id }).first()
  const rate = (ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en').padStart(9)} rows/s`
  console.log(`\nimport of ${count.toLocaleString('en')} rows of .xlsx, 12 columns, ${isAsked ? `while ${PEOPLE} people open the list, each every ${PAUSE / 1000} seconds` : 'while nobody opens a page'}: ${state}, ${JSON.stringify(counts)}${problem ? JSON.stringify(problem) : ''}`)
  console.log(`  COPY of the same cells            ${rate(copied)}`)
  console.log(`  read, checked, matched            ${rate(checked)}`)
  console.log(`  written, with feed and search     ${rate(written)}`)
  console.log(`  end to end                        ${rate(checked + written)}   ${((checked + written) / copied).toFixed(1)} times as long as COPY`)
  console.log(`  memory of the checking process    ${most} MB at most`)
  if (!ofAlone || !ofChecking || !ofWriting) return
  const times = ({ half, most: late }: Times) => `${half.toFixed(0)} ms, ${late.toFixed(0)} ms at most of 95 in 100 (${(half / ofAlone.half).toFixed(1)} and ${(late / ofAlone.most).toFixed(1)} times)`
  console.log(`  the list of clients alone         ${times(ofAlone)}`)
  console.log(`  while the file is checked         ${times(ofChecking)}`)
  console.log(`  while it is written               ${times(ofWriting)}`)
}

/** Makes the workbook and brings it in, up to where it is about to be checked. */
async function bringIn (app: FastifyInstance, by: number, count: number, folder: string): Promise<number> {
  const { db, storage } = app
  await db('campaigns').insert([{ name: 'Radio' }, { name: 'Google Ads' }]).onConflict('name_key').ignore()
  const path = join(folder, 'clients.xlsx')
  await pipeline(writeWorkbook([{ name: 'Clients', columns: COLUMNS.map(([title]) => ({ title, width: 20 })), rows: batches(count) }]), createWriteStream(path))
  const inspected = await look(app, path, 'clients.xlsx')
  const spooled = await measure(path)
  await keepContent({ db, storage }, spooled)
  const id = await createImport(db, { id: by }, { file_name: 'clients.xlsx', size: spooled.size, content: spooled.hash, inspected, header_key: 'bench', columns: COLUMNS.map(([, target]) => target), rules: RULES })
  await db('imports').where({ id }).update({ state: 'checking', run_by: by })
  return id
}

/** Milliseconds that half of the pages take at most, and 95 of 100. */
interface Times { half: number, most: number }

const PEOPLE = 10
// Milliseconds for which each looks at a page.
const PAUSE = 2000

/** People who open the list, look at it, and open it again, while something else goes on. */
async function peopleAtWork (app: FastifyInstance, cookie: string): Promise<{ during (work: () => Promise<void>): Promise<Times> }> {
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    async during (work) {
      const took: number[] = []
      const stopping = new AbortController()
      const { signal } = stopping
      const person = async (n: number) => {
        for (await pause(n * PAUSE / PEOPLE, signal); !signal.aborted; await pause(PAUSE, signal)) {
          const [milliseconds] = await timed(async () => (await fetch(`${address}/clients`, { headers: { cookie } })).text())
          took.push(milliseconds)
        }
      }
      const people = Promise.all(Array.from({ length: PEOPLE }, (_, n) => person(n)))
      await work()
      stopping.abort()
      await people
      const sorted = took.toSorted((a, b) => a - b)
      const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]!
      return { half: at(0.5), most: at(0.95) }
    }
  }
}

const pause = (milliseconds: number, signal: AbortSignal) => wait(milliseconds, undefined, { signal }).catch(() => {})

function * batches (count: number): Generator<XlsxCell[][]> {
  for (let from = 0; from < count; from += 1000) yield Array.from({ length: Math.min(1000, count - from) }, (_, n) => rowOf(from + n))
}

async function copy (url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create table bench_copy (row int primary key, ${COLUMNS.map((_, n) => `c${n} text`).join(', ')})`)
  const lines = function * () {
    for (let n = 0; n < count; n += 500) yield Array.from({ length: Math.min(500, count - n) }, (_, i) => `${n + i}\t${rowOf(n + i).join('\t')}\n`).join('')
  }
  await pipeline(Readable.from(lines(), { objectMode: false }), client.query(copyFrom('copy bench_copy from stdin')))
  await client.end()
}

async function timed<T> (work: () => Promise<T>): Promise<[milliseconds: number, T]> {
  const start = performance.now()
  const result = await work()
  return [performance.now() - start, result]
}

/** The most memory that a process we started has had, in MB. */
function watchMemory (): { stop (): number } {
  let most = 0
  const timer = setInterval(async () => {
    for (const task of await readdir('/proc/self/task').catch(() => [])) {
      const children = await readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')
      for (const pid of children.trim().split(' ').filter(Boolean)) {
        if (!(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('worker-process')) continue
        most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0))
      }
    }
  }, 100)
  return { stop () { clearInterval(timer); return Math.round(most / 1024) } }
}
