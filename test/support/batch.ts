// Runs the test files that TEST_FILES names one after the other, in one process; see report.ts.
for (const file of JSON.parse(process.env.TEST_FILES!)) await import(file)
