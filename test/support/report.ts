/**
 * Runs the test files named as arguments under tap, shows tap's report, and sends the counts to `run.ts`, which starts it.
 *
 * Uses tap's own spawn and reporter rather than its command: the command loads a TypeScript compiler and module hooks into
 * every file (0.85 s a file against 0.25 s), and ours are compiled already.
 */
import { availableParallelism } from 'node:os'
import { report } from '@tapjs/reporter'
import { t } from 'tap'
import { inRoot, root } from '../../src/paths.js'
import { needsBrowser } from './chromium.js'
import { compiled } from './files.js'

/** Leaf assertions, as tap counts them. A file that failed without one (a crash, a kill) counts as one failure; todos count as skipped. */
export interface Counts { passed: number, failed: number, skipped: number }

const secondsPerFile = 240
const SLOW = /^test\/(processes|database|seeds|scripts)\//
const files = process.argv.slice(2)
const noBrowser = !process.env.CHROMIUM && !process.env.CI && 'no Chromium was found'
const counts: Counts = { passed: 0, failed: 0, skipped: 0 }

// The reporter writes its summary as the process exits, when what a full pipe doesn't take at once would be lost.
const stdout = process.stdout as unknown as { _handle?: { setBlocking?: (blocking: boolean) => void } }
stdout._handle?.setBlocking?.(true)

t.register()
t.buffered = false
t.jobs = Number(process.env.TEST_JOBS) || Math.min(6, availableParallelism() * 2)
t.setTimeout(0)
t.on('spawn', run => run.on('process', ({ stderr }) => stderr?.pipe(process.stderr, { end: false })))
// Only what failed: tap's livelier reporters draw everything anew at each assertion, which takes longer than many a test.
report('min', t, { get: () => undefined } as unknown as Parameters<typeof report>[2])

// Browser tests are the slowest, so they start first and the last job doesn't wait for one alone. Those that start programs of their own,
// and would hold up the others, come next and keep to themselves.
const [inBrowser, others] = [files.filter(needsBrowser), files.filter(file => !needsBrowser(file))]
const runs = [...dealt(inBrowser, 13), ...dealt(others.filter(file => SLOW.test(file)), 5), ...dealt(others.filter(file => !SLOW.test(file)), 16)]
t.plan(runs.length)
await Promise.all(runs.map(start))
process.send?.({ counts })

async function start (batch: string[], number: number): Promise<void> {
  const [file = ''] = batch
  const name = batch.length > 1 ? `test: ${batch.map(one => one.replace(/^test\/|\.test\.ts$/g, '')).join(', ')}` : file
  const node = [process.execPath, '--max-semi-space-size=32', '--enable-source-maps', `--import=${inRoot('dist/test/support/no-hooks.js')}`, `--import=${inRoot('dist/test/support/late.js')}`, inRoot('dist/test/support/batch.js'), String(number)]
  // A batch has a number for tap to make its folders' names of; the names of its files would be too long.
  // tap puts its module hooks into NODE_OPTIONS for coverage, which we don't measure; `env` puts back what was there.
  const run = t.spawn('env', [`NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`, ...node], {
    name,
    cwd: root,
    env: { ...process.env, TEST_FILES: JSON.stringify(batch.map(compiled)), TAP_TIMEOUT: String(secondsPerFile * batch.length) },
    timeout: secondsPerFile * batch.length * 1000,
    buffered: true,
    stdio: 'pipe',
    at: null,
    stack: '',
    ...(noBrowser && needsBrowser(file) && { skip: noBrowser })
  })
  const result = await run
  const ok = result?.ok ?? true
  add(ok, run.subtest?.counts)
  console.log(`${ok ? 'PASS' : 'FAIL'}  ${run.subtest?.counts.pass ?? 0} passed  ${Math.round((run.subtest?.time ?? 0) / 1000)} s  ${name.replace(/^test: /, '')}`)
}

/**
 * Files share a process, and those of the browser a Chromium: to start the two takes longer than most files do. Each has a database and an
 * application of its own all the same. They are dealt like cards, for the heavy ones are neighbours.
 */
function dealt (files: string[], perProcess: number): string[][] {
  const hands = Math.ceil(files.length / perProcess)
  return Array.from({ length: hands }, (_, hand) => files.filter((_, index) => index % hands === hand))
}

function add (ok: boolean, { pass = 0, fail = 0, skip = 0, todo = 0 } = {}): void {
  const isEmpty = pass + fail + skip + todo === 0
  counts.passed += pass
  counts.failed += ok ? fail : Math.max(fail, 1)
  counts.skipped += skip + todo + (ok && isEmpty ? 1 : 0)
}
