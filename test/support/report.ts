/**
 * Runs the test files named as arguments under tap, shows tap's report, and sends the counts to `run.ts`, which starts it.
 *
 * Uses tap's own spawn and reporter rather than its command: the command loads a TypeScript compiler and module hooks into
 * every file (0.85 s a file against 0.25 s), and ours are compiled already.
 */
import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { report } from '@tapjs/reporter'
import { t } from 'tap'
import { inRoot, root } from '../../src/paths.js'
import { needsBrowser } from './chromium.js'

/** Leaf assertions, as tap counts them. A file that failed without one (a crash, a kill) counts as one failure; todos count as skipped. */
export interface Counts { passed: number, failed: number, skipped: number }

const SECONDS_PER_FILE = 600
const SLOW = /^test\/(processes|database|seeds|scripts)\//
const files = process.argv.slice(2)
const noBrowser = !process.env.CHROMIUM && !process.env.CI && 'no Chromium was found'
const counts: Counts = { passed: 0, failed: 0, skipped: 0 }

// The reporter writes its summary as the process exits, when what a full pipe doesn't take at once would be lost.
const stdout = process.stdout as unknown as { _handle?: { setBlocking?: (blocking: boolean) => void } }
stdout._handle?.setBlocking?.(true)

t.register()
t.buffered = false
t.setTimeout(0)
t.on('spawn', run => run.on('process', ({ stderr }) => stderr?.pipe(process.stderr, { end: false })))
// Only what failed: tap's livelier reporters draw everything anew at each assertion, which takes longer than many a test.
report('min', t, { get: () => undefined } as unknown as Parameters<typeof report>[2])

// A file and its process warm up for seconds before they are quick: a lane is one process that takes file after file. Half of the lanes begin
// with those that open a browser, the others with those that start programs of their own; each goes on with what is left, the longest first.
const [inBrowser, others] = [files.filter(needsBrowser), files.filter(file => !needsBrowser(file))]
const [slow, quick] = [others.filter(file => SLOW.test(file)), others.filter(file => !SLOW.test(file))].map(longestFirst)
const browsed = noBrowser ? [] : longestFirst(inBrowser)
if (noBrowser) counts.skipped += inBrowser.length

const lanes = Math.min(Number(process.env.TEST_JOBS) || Math.min(6, availableParallelism() * 2), browsed.length + others.length)
t.jobs = lanes
t.plan(lanes)
await Promise.all(Array.from({ length: lanes }, (_, lane) => start(lane, lane % 2 === 0 ? [...browsed, ...slow!, ...quick!] : [...slow!, ...quick!, ...browsed])))
process.send?.({ counts })

/** Runs a process that takes the first of the files that no other has begun with, until none is left. */
async function start (lane: number, queue: string[]): Promise<void> {
  // Most of what tests run runs a few times only: it is compiled simply at once, rather than interpreted first. What they leave behind is swept up
  // seldom, late, and by one thread: both processors have enough to do.
  const node = [process.execPath, '--min-semi-space-size=64', '--max-semi-space-size=64', '--initial-old-space-size=400', '--single-threaded-gc', '--always-sparkplug', '--enable-source-maps', `--import=${inRoot('dist/test/support/no-hooks.js')}`, `--import=${inRoot('dist/test/support/late.js')}`, inRoot('dist/test/support/lane.js'), String(lane)]
  const seconds = SECONDS_PER_FILE * queue.length
  // A lane has a number for tap to make its folders' names of.
  // tap puts its module hooks into NODE_OPTIONS for coverage, which we don't measure; `env` puts back what was there.
  const run = t.spawn('env', [`NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`, ...node], {
    name: `lane ${lane}`,
    cwd: root,
    env: { ...process.env, TEST_FILES: JSON.stringify(queue), SECONDS_PER_FILE: String(SECONDS_PER_FILE), TAP_TIMEOUT: String(seconds) },
    timeout: seconds * 1000,
    buffered: true,
    stdio: 'pipe',
    at: null,
    stack: ''
  })
  const result = await run
  add(result?.ok ?? true, run.subtest?.counts)
}

/** A file's length tells about how long its tests take. */
function longestFirst (files: string[]): string[] {
  return files.toSorted((one, other) => statSync(inRoot(other)).size - statSync(inRoot(one)).size)
}

function add (ok: boolean, { pass = 0, fail = 0, skip = 0, todo = 0 } = {}): void {
  counts.passed += pass
  counts.failed += ok ? fail : Math.max(fail, 1)
  counts.skipped += skip + todo
}
