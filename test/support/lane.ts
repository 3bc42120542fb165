import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compiled } from './files.js'

/** What a file asks to be undone at its end, and its tests. */
let endings: (() => unknown)[] = []
let tests: Promise<unknown>[] = []

// Runs test files one after the other in one process, each time the first of TEST_FILES that no other lane has begun with; see report.ts.
// What a file has for all of its tests ends with them rather than with the process: the next file gets its application. (From the first
// `teardown` on tap would also end as soon as nothing is left to run, while the next file still waits for its database.)
t.teardown = end => { endings.unshift(end) }
const test = t.test
t.test = ((...args: Parameters<typeof test>) => {
  const result = test.apply(t, args)
  tests.push(result)
  return result
}) as typeof test

const { TEST_FILES = '[]', TEST_CLAIMS = '', SECONDS_PER_FILE } = process.env
for (const file of JSON.parse(TEST_FILES) as string[]) if (isOurs(file)) await runFile(file)
t.end()

async function runFile (file: string): Promise<void> {
  const [begun, before] = [performance.now(), { ...t.counts }]
  const limit = setTimeout(() => { throw new Error(`${file} didn't end within ${SECONDS_PER_FILE} s`) }, Number(SECONDS_PER_FILE) * 1000)
  await import(compiled(file))
  await Promise.allSettled(tests)
  for (const end of endings) await end()
  endings = []
  tests = []
  clearTimeout(limit)
  const failed = t.counts.fail > before.fail
  console.error(`${failed ? 'FAIL' : 'PASS'}  ${String(t.counts.pass - before.pass).padStart(4)} passed  ${String(Math.round((performance.now() - begun) / 1000)).padStart(3)} s  ${file}`)
}

/** Whether this lane is the first to ask for a file: only one can make its folder. */
function isOurs (file: string): boolean {
  try {
    mkdirSync(join(TEST_CLAIMS, encodeURIComponent(file)))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
