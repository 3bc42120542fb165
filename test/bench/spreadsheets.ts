import { execFile, fork } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { inspect, readRows } from '../../src/imports/reading/source.js'
import { csvLine } from '../../src/web/csv.js'
import { writeWorkbook, type XlsxCell } from '../../src/web/xlsx.js'

/*
 * node dist/test/bench/spreadsheets.js [rows] [--others]
 * How fast our reading and writing of spreadsheets is and how much memory it takes, each in a process of its own; with `--others` beside it
 * libraries that do the same, which are installed for the occasion into a folder of their own.
 */
const ROWS = Number(process.argv.find(argument => /^\d+$/.test(argument)) ?? 100_000)
const OTHERS = ['exceljs@4.4.0', 'read-excel-file@9.3.17', 'xlsx@0.18.5', 'xlsx-stream-reader@1.1.1', 'hucre@1.0.0', 'write-excel-file@4.1.1', 'papaparse@5.7.1', 'fast-csv@5.0.8']

interface Job { which: string, xlsx: string, csv: string, out: string, modules: string }
interface Result { rows: number, seconds: number, megabytes: number }

const COLUMNS = ['Number', 'First name', 'Surname', 'Phone', 'E-mail', 'Address', 'Tags', 'Campaign', 'Birthday', 'Company', 'Discount', 'Note']

const rowOf = (n: number): (string | number)[] => [
  n + 1, ['Anna', 'Łukasz', 'Íñigo', 'João'][n % 4]!, `Kowalska-${n * 7919 % ROWS}`, `+48 600 ${100_000 + n % 900_000}`, `anna.kowalska${n}@example.org`, `ul. Długa ${n % 300}/${n % 17}, 50-0${n % 90 + 10} Wrocław`,
  ['VIP', 'Regular', 'VIP, Net 30', ''][n % 4]!, ['Google Ads', 'Facebook', 'Walk-in'][n % 3]!, `19${50 + n % 50}-0${1 + n % 9}-1${n % 10}`, n % 9 ? 'no' : 'yes', n % 20 / 2, `Prefers to be called & visited after ${n % 24}:00, ${n}`
]

function * batches (): Generator<XlsxCell[][]> {
  for (let n = 0; n < ROWS; n += 500) yield Array.from({ length: Math.min(500, ROWS - n) }, (_, at) => rowOf(n + at))
}
const workbook = () => writeWorkbook([{ name: 'Clients', columns: COLUMNS.map(title => ({ title, width: 20 })), rows: batches() }])

async function ours (path: string): Promise<number> {
  const { reading } = await inspect(path, path)
  let rows = 0
  for await (const batch of readRows(path, reading)) rows += batch.length
  return rows
}

/** What is compared: each takes a job and gives the rows that it read or wrote. */
const CASES: Record<string, (job: Job, load: (name: string) => Promise<any>) => Promise<number>> = {
  'read .xlsx: ours (yauzl + saxes)': ({ xlsx }) => ours(xlsx),
  'read .xlsx: exceljs': async ({ xlsx }, load) => {
    const { default: { stream } } = await load('exceljs/excel.js')
    let rows = 0
    for await (const sheet of new stream.xlsx.WorkbookReader(xlsx, { sharedStrings: 'cache', styles: 'cache', hyperlinks: 'ignore', worksheets: 'emit' })) for await (const row of sheet) rows += row ? 1 : 0
    return rows
  },
  'read .xlsx: read-excel-file': async ({ xlsx }, load) => (await (await load('read-excel-file/node/index.js')).readSheet(xlsx)).length,
  'read .xlsx: xlsx (SheetJS)': async ({ xlsx }, load) => {
    const { read, utils } = (await load('xlsx/xlsx.js')).default
    const { Sheets, SheetNames } = read(await readFile(xlsx), { dense: true })
    return utils.sheet_to_json(Sheets[SheetNames[0]], { header: 1 }).length
  },
  'read .xlsx: xlsx-stream-reader': async ({ xlsx }, load) => {
    const { default: Reader } = await load('xlsx-stream-reader/index.js')
    return new Promise((resolve, reject) => {
      const reader = new Reader()
      let rows = 0
      reader.on('error', reject)
      reader.on('worksheet', (sheet: any) => {
        sheet.on('row', () => { rows++ })
        sheet.on('end', () => resolve(rows))
        sheet.process()
      })
      createReadStream(xlsx).pipe(reader)
    })
  },
  'read .xlsx: hucre': async ({ xlsx }, load) => {
    let rows = 0
    for await (const row of (await load('hucre/dist/index.mjs')).streamXlsxRows(await readFile(xlsx))) rows += row ? 1 : 0
    return rows
  },
  'read .csv: ours (csv-parse)': ({ csv }) => ours(csv),
  'read .csv: papaparse': async ({ csv }, load) => {
    const { default: Papa } = await load('papaparse/papaparse.js')
    return new Promise((resolve, reject) => {
      let rows = 0
      Papa.parse(createReadStream(csv, 'utf8'), { chunk: ({ data }: { data: unknown[] }) => { rows += data.length }, complete: () => resolve(rows), error: reject })
    })
  },
  'read .csv: fast-csv': async ({ csv }, load) => {
    const { parse } = (await load('fast-csv/build/src/index.js')).default
    let rows = 0
    for await (const row of createReadStream(csv, 'utf8').pipe(parse())) rows += row ? 1 : 0
    return rows
  },
  'write .xlsx: ours (yazl)': async ({ out }) => {
    await pipeline(workbook(), createWriteStream(out))
    return ROWS
  },
  'write .xlsx: exceljs': async ({ out }, load) => {
    const { default: { stream } } = await load('exceljs/excel.js')
    const book = new stream.xlsx.WorkbookWriter({ filename: out, useStyles: false, useSharedStrings: false })
    const sheet = book.addWorksheet('Clients')
    for (let n = 0; n < ROWS; n++) {
      sheet.addRow(rowOf(n)).commit()
      if (n % 1000 === 0) await new Promise(setImmediate)
    }
    sheet.commit()
    await book.commit()
    return ROWS
  },
  'write .xlsx: hucre': async ({ out }, load) => {
    const rows = function * () { for (let n = 0; n < ROWS; n++) yield rowOf(n) }
    await pipeline(Readable.fromWeb(await (await load('hucre/dist/index.mjs')).writeXlsxStream(rows(), { name: 'Clients' })), createWriteStream(out))
    return ROWS
  },
  'write .xlsx: write-excel-file': async ({ out }, load) => {
    const { default: write } = await load('write-excel-file/node/index.js')
    await (await write(Array.from({ length: ROWS }, (_, n) => rowOf(n).map(value => ({ value }))))).toFile(out)
    return ROWS
  }
}

/** Does one case in this process and tells its parent what it took. */
async function measure (job: Job): Promise<void> {
  const from = performance.now()
  const rows = await CASES[job.which]!(job, name => import(join(job.modules, 'node_modules', name)))
  process.send!({ rows, seconds: (performance.now() - from) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 } satisfies Result)
  process.disconnect()
}

const run = (job: Job) => new Promise<Result | null>(resolve => {
  const child = fork(fileURLToPath(import.meta.url), [String(ROWS)], { env: { ...process.env, BENCH_JOB: JSON.stringify(job) }, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  child.once('message', result => resolve(result as Result))
  child.once('exit', () => resolve(null))
})

async function compare (): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clientela-bench-'))
  const [xlsx, csv, out] = ['clients.xlsx', 'clients.csv', 'out.xlsx'].map(name => join(folder, name)) as [string, string, string]
  try {
    await pipeline(workbook(), createWriteStream(xlsx))
    await pipeline(Readable.from((function * () {
      yield csvLine(COLUMNS, ',')
      for (const rows of batches()) yield rows.map(row => csvLine(row as string[], ',')).join('')
    })()), createWriteStream(csv))
    const withOthers = process.argv.includes('--others')
    if (withOthers) await promisify(execFile)('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...OTHERS])
    console.log(`${ROWS.toLocaleString('en')} rows of ${COLUMNS.length} columns, .xlsx of ${((await stat(xlsx)).size / 1e6).toFixed(1)} MB, .csv of ${((await stat(csv)).size / 1e6).toFixed(1)} MB`)
    for (const which of Object.keys(CASES).filter(which => withOthers || which.includes('ours'))) {
      const result = await run({ which, xlsx, csv, out, modules: folder })
      console.log(which.padEnd(36), result ? `${result.seconds.toFixed(2).padStart(7)} s ${Math.round(result.rows / result.seconds).toLocaleString('en').padStart(9)} rows/s ${result.megabytes.toFixed(0).padStart(5)} MB` : 'failed')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.env.BENCH_JOB) await measure(JSON.parse(process.env.BENCH_JOB) as Job)
else await compare()
