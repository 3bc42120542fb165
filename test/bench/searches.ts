import { readdir, readFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../src/database/knex.js'

/*
 * npm run bench -- --only search [--sizes 10000,1000000] [--seconds 2]
 * The list at ten connections, each asking anew as soon as it was answered, which is as much as the machine can do; and again with ten people who type as fast as
 * people can, a key a fifth of a second after each answer ("typing"). What is searched for, narrowed by, sorted by, and pages far behind the first. Of each kind how long
 * 50 and 95 of 100 answers take and the longest, the addresses of a kind in turns; and the processor's time that an answer takes of the application and of Postgres.
 */
const KINDS: Record<string, string[]> = {
  'first page': ['', 'sort=name&order=desc'],
  'other sorts': ['sort=created', 'sort=created&order=asc', 'sort=active', 'sort=own.{warranty_months}', 'sort=own.{model}&order=desc', 'sort=own.{device}', 'sort=own.{last_service}'],
  'pages far behind': ['after={middle}', 'before={middle}', 'sort=created&after={middle}', 'sort=own.{bought_on}&after={middle}', 'q=ana&next=20', 'q=no&next=20', 'q=alska&next=5', 'show=suppliers&next=20'],
  'one letter': ['q=a', 'q=k', 'q=m', 'q=ł', 'q=x', 'q=6'],
  'two letters': ['q=an', 'q=no', 'q=ko', 'q=zz', 'q=60', 'q=%2B4'],
  'the beginning of a word': ['q=ana', 'q=kow', 'q=nowak', 'q=kowalsk', 'q=garc', 'q=joão', 'q=Łukasz', 'q=piekarnia', 'q=magdalena'],
  'several words': ['q=kow+ana', 'q=ana+kow', 'q=jan+nowak', 'q=maria+garcia', 'q=a+k', 'q=kowalczyk+magdalena+vip', 'q=ana+600', 'q=silva+jose+maria+santos'],
  'inside of words': ['q=alska', 'q=wska', 'q=walcz', 'q=ukasz', 'q=lena+owal', 'q=aria+arci'],
  'parts of phones': ['q=600', 'q=600+12', 'q=600123', 'q=%2B48+600', 'q=0048600', 'q=0601', 'q=%2B34+6', 'q=1234', 'q=45678', 'q={phone}', 'q=%2B{phone}'],
  'parts of e-mails': ['q=poczta', 'q=ana.no', 'q=correo.example', 'q=nowak1', 'q=@poczta', 'q={email}'],
  'tags and unique ids': ['q=vip', 'q=regular', 'q=sn0', 'q={serial}', 'q=pays+late', 'q=warranty+ana'],
  'long and vain': ['q=xq', 'q=qqqqq', 'q=konstantynopolitanczykowianecz', 'q=magdalena+kowalczyk+wroclaw+x', 'q=999999999'],
  'searched, in another order': ['q=ana&sort=name', 'q=ana&sort=created', 'q=no&sort=active', 'q=alska&sort=name', 'q=a&sort=created', 'q=600&sort=name', 'q=kow+ana&sort=created', 'q=ana&sort=own.{warranty_months}'],
  'searched and narrowed': ['q=kow&show=suppliers', 'q=ana&tag=2', 'q=ana&tag=24', 'q=no&campaign=2', 'q=a&location=2', 'q=alska&tag=2', 'q=ana&own.{device}=filled', 'q=kow&show=archived', 'q=ana&from=2026-01-01'],
  'narrowed by many': ['show=people', 'tag=1', 'campaign=1', 'location=1', 'own.{device}={option}', 'own.{warranty_months}.from=12', 'from=2024-06-01', 'phone_type={mobile}', 'own.{website}.how=empty'],
  'narrowed by few': ['show=suppliers', 'show=conflicted', 'show=archived', 'tag=25', 'campaign=10', 'price=1', 'phone_type={reception}', 'from=2026-05-01&to=2026-05-01', 'import=1', 'own.{serial_number}=sn000&own.{serial_number}.how=starts', 'own.{bought_on}.from=2024-01-01&own.{bought_on}.to=2024-01-01'],
  'narrowed and sorted': ['show=suppliers&sort=created', 'tag=1&sort=active', 'tag=25&sort=created', 'campaign=10&sort=active', 'location=2&sort=own.{warranty_months}', 'tag=2&campaign=2', 'tag=25&campaign=10&show=companies', 'own.{device}={option}&sort=created', 'own.{model}=pad&sort=created', 'own.{agreement}=2025&show=conflicted']
}

const GOAL = 30, WORST = 100, RATIO = 1.5
const CONNECTIONS = 10
// Milliseconds between an answer and a quick typist's next key.
const KEY = 200

/** What was measured, by kind. */
export type Found = Map<string, Measured>

interface Measured { typing: number, p50: number, p95: number, most: number, slowest: string, app: number, database: number }

/** Measures all kinds at `port`, served by the process `app`, and prints them beside those of `earlier`, a smaller size. */
export async function benchSearches (db: Db, cookie: string, port: number, app: number, seconds: number, earlier: Found | null): Promise<Found> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const headers = { cookie, 'hx-request': 'true', 'hx-request-type': 'partial' }
  const ask = (url: string) => new Promise<string>((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: url, headers, agent }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('end', () => response.statusCode === 200 ? resolve(Buffer.concat(chunks).toString()) : reject(new Error(`${url} answered ${response.statusCode}`)))
    }).on('error', reject)
  })
  const words = await wordsOf(db)
  const { rows: [{ pid }] } = await db.raw('select pg_backend_pid() as pid')
  const processes = { app, postgres: parentOf(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) }
  const measured: Found = new Map()
  console.log(`  ${'at 10 connections'.padEnd(30)}${['typing', 'p50', 'p95', 'most', 'app CPU', 'db CPU', 'times'].map(title => title.padStart(9)).join('')}  the slowest`)
  for (const [kind, queries] of Object.entries(KINDS)) {
    const urls: string[] = []
    for (const query of queries) urls.push(await addressOf(query, words, ask))
    for (const url of urls) await ask(url)
    const one = { ...await fire(urls, ask, seconds * 1000, processes), typing: (await fire(urls, ask, seconds * 1000, processes, KEY)).p95 }
    measured.set(kind, one)
    const times = earlier ? one.p95 / earlier.get(kind)!.p95 : null
    const wrong = one.p95 > GOAL || one.most > WORST || (times ?? 0) > RATIO
    console.log(`  ${kind.padEnd(30)}${[one.typing, one.p50, one.p95, one.most, one.app, one.database].map(ms => ms.toFixed(1).padStart(9)).join('')}${(times?.toFixed(2) ?? '').padStart(9)}  ${decodeURIComponent(one.slowest)}${wrong ? '   above the goal' : ''}`)
  }
  agent.destroy()
  return measured
}

async function fire (urls: string[], ask: (url: string) => Promise<string>, milliseconds: number, { app, postgres }: { app: number, postgres: number }, pause = 0): Promise<Omit<Measured, 'typing'>> {
  const taken = new Map(urls.map(url => [url, [] as number[]]))
  const before = [await processorTime(app), await processorTime(postgres)] as const
  const end = performance.now() + milliseconds
  let next = 0
  await Promise.all(Array.from({ length: CONNECTIONS }, async (_, connection) => {
    if (pause > 0) await wait(pause * connection / CONNECTIONS)
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
  return { p50: at(0.5), p95: at(0.95), most: at(1), slowest: `${slowest.replace('/clients', '')} ${mean(taken.get(slowest)!).toFixed(0)}`, app: (after[0] - before[0]) / all.length, database: (after[1] - before[1]) / all.length }
}

/** What of the demo stands in the addresses. */
async function wordsOf (db: Db): Promise<Record<string, string | number>> {
  const { rows: [words] } = await db.raw(`
    select (select id from clients where archived_at is null order by id offset (select count(*) / 2 from clients) limit 1) as middle,
      (select right(digits, 9) from client_phones where removed_at is null and e164 like '+48%' order by id desc limit 1) as phone,
      (select address from client_emails where removed_at is null order by id desc limit 1) as email,
      (select text_value from client_values v join fields f on f.id = v.field_id where f.key = 'serial_number' order by v.client_id desc limit 1) as serial,
      (select min(o.id) from field_options o join fields f on f.id = o.field_id where f.key = 'device') as option,
      (select id from phone_types where key = 'mobile') as mobile, (select min(id) from phone_types where key is null) as reception`)
  return { ...Object.fromEntries((await db('fields').where({ subject: 'client' }).whereNotNull('key').select('key', 'id')).map(({ key }) => [key, key])), ...words }
}

/** The address of a query; "next" follows so many links to the next page first. */
async function addressOf (query: string, words: Record<string, string | number>, ask: (url: string) => Promise<string>): Promise<string> {
  const [, address, pages] = /^(.*?)(?:&next=(\d+))?$/.exec(query.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(words[name] ?? '')))!
  let url = encodeURI(decodeURI(`/clients?${address}`))
  for (let page = 0; page < Number(pages ?? 0); page++) {
    const link = /href="([^"]+)" rel="next"/.exec(await ask(url))?.[1]
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
