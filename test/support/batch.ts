import t from 'tap'

// Runs the test files that TEST_FILES names one after the other, in one process; see report.ts.
// From the first `teardown` on tap ends as soon as nothing is left to run: also while the next file still waits for its database. `after` does the same, without that.
t.teardown = t.after
for (const file of JSON.parse(process.env.TEST_FILES!)) await import(file)
t.end()
