/**
 * Runs the tests: `npm test` for all of them, `npm test -- test/clients/create.test.ts test/orders` for some.
 *
 * Starts one Postgres for the whole run, makes sure of a browser, lets `report.ts` run the files under tap, and prints
 * `N passed, N failed` as its last line. `TEST_DATABASE_URL` names a Postgres to use instead; `TEST_JOBS` says how many
 * files run at once.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot, root } from '../../src/paths.js'
import { ensureChromium, needsBrowser } from './chromium.js'
import { chooseTestFiles } from './files.js'
import type { Counts } from './report.js'
import { startTestServer } from './server.js'

const nothing: Counts = { passed: 0, failed: 0, skipped: 0 }

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())

const counts = await run(process.argv.slice(2), interrupted.signal).catch(error => {
  console.error(interrupted.signal.aborted ? 'Interrupted.' : error)
  return { ...nothing, failed: 1 }
})

if (counts.passed + counts.failed === 0) console.error('No test ran.')
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`)

async function run (names: string[], signal: AbortSignal): Promise<Counts> {
  const files = chooseTestFiles(names)
  if (files.length === 0) return nothing

  const browserFiles = files.filter(needsBrowser)
  const finding = browserFiles.length > 0 ? ensureChromium(signal) : Promise.resolve(null)
  finding.catch(() => {}) // it may fail, or be interrupted, before it is waited for
  const server = await startTestServer()
  const claims = mkdtempSync(join(tmpdir(), 'clientela-claims-')) // which file has been begun with: see lane.ts
  try {
    const chromium = await finding
    signal.throwIfAborted()
    const counts = await runUnderTap(files, { ...server.env, TEST_CLAIMS: claims, ...(chromium && { CHROMIUM: chromium }) }, signal)
    if (browserFiles.length > 0 && !chromium) warnAboutBrowser(browserFiles)
    return counts
  } finally {
    rmSync(claims, { recursive: true, force: true })
    await server.stop()
  }
}

/** Runs the files in a process group of their own, so that an interruption ends them all before Postgres goes. */
async function runUnderTap (files: string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Counts> {
  const child = spawn(process.execPath, ['--enable-source-maps', inRoot('dist/test/support/report.js'), ...files], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...env,
      // Where there is no terminal, tap's reporter shall print each result once instead of redrawing the screen.
      ...(!process.stdout.isTTY && { CONTINUOUS_INTEGRATION: '1' })
    }
  })

  let counts: Counts | undefined
  child.on('message', message => { counts = (message as { counts?: Counts }).counts ?? counts })
  signal.addEventListener('abort', () => endGroup(child, 'SIGTERM'))

  const [[code]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]) // by then every message is in
  endGroup(child, 'SIGKILL') // playwright makes a test survive SIGTERM
  signal.throwIfAborted()
  if (!counts) return { ...nothing, failed: 1 } // the run itself fell over, and has said so
  return { ...counts, failed: code === 0 ? counts.failed : Math.max(counts.failed, 1) }
}

function endGroup (child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal)
  } catch {} // nobody is left in it
}

function warnAboutBrowser (files: string[]): void {
  console.error(`
!!! NO BROWSER: no Chromium was found, so these files ${process.env.CI ? 'failed' : 'were SKIPPED'}:
${files.map(file => `!!!   ${file}`).join('\n')}
!!! Install chromium or google-chrome, or name one with CHROMIUM=/path/to/it.
`)
}
