import t from 'tap'

/** What a file asks to be undone at its end, and its tests. */
let endings: (() => unknown)[] = []
let tests: Promise<unknown>[] = []

// Runs the test files that TEST_FILES names one after the other, in one process; see report.ts.
// What a file has for all of its tests ends with them rather than with the process: the next file gets its application. (From the first
// `teardown` on tap would also end as soon as nothing is left to run, while the next file still waits for its database.)
t.teardown = end => { endings.unshift(end) }
const test = t.test
t.test = ((...args: Parameters<typeof test>) => {
  const result = test.apply(t, args)
  tests.push(result)
  return result
}) as typeof test

for (const file of JSON.parse(process.env.TEST_FILES!)) {
  await import(file)
  await Promise.allSettled(tests)
  for (const end of endings) await end()
  endings = []
  tests = []
}
t.end()
