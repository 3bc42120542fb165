// Runs the test files it is given one after the other, in one process; see report.ts.
for (const file of process.argv.slice(2)) await import(file)
