// Loaded before every test file. What fails after tap has ended the file (a subtest or an error that came too late) tap
// only prints, and leaves the exit code 0; a test must not get lost that way.
import { t } from 'tap'

process.on('exit', () => { if (t.results?.ok === false) process.exitCode ||= 1 })
