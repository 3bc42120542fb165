import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { birthOf, endsWithin, isNamedPostgres, signal } from '../../src/database/embedded/processes.js'
import { root } from '../../src/paths.js'

export interface ServerOptions {
  /** The data folder; a new one, removed when the test ends, unless given. Nothing is put in when there is a DATABASE_URL. */
  directory?: string
  env?: Record<string, string>
  /** How it is started, as `npm start` does unless given; `cwd` is the project's folder unless given. */
  command?: [program: string, ...args: string[]]
  cwd?: string
}

export interface ServerProcess {
  child: ChildProcess
  directory: string
  /** "http://127.0.0.1:41234", as printed at the start. */
  address: string
  stdout (): string
  stderr (): string
  /** The process number of its embedded Postgres. */
  postgres (): number
  /** Sends a signal, SIGTERM unless given, and waits for the end. */
  stop (name?: NodeJS.Signals): Promise<Ended>
}

/** How a process ended. */
export interface Ended { code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string, seconds: number }

type Teardown = Pick<Test, 'teardown'>

// As `npm start` does, but for what V8 optimises: later than by itself, which takes a fifth off a start, and a third off what is served in its first minute.
const NODE: [string, ...string[]] = [process.execPath, '--interrupt-budget=500000', '--max-semi-space-size=4', '--max-old-space-size=256', 'dist/src/server.js']

/** Starts the real server, on a free port, and waits until it has said where it is open. Ended when `t` ends, with its Postgres. */
export async function startServer (t: Teardown, options: ServerOptions = {}): Promise<ServerProcess> {
  const started = run(t, options)
  const address = await started.until(/ is open at (http:\S+)/)
  void started.ended.then(({ code, stderr }) => { if (code) console.error(`The server ended by itself, with ${code}: ${stderr}`) })
  return { ...started, address }
}

/** Starts the server where it can't start: gives its exit code and all that it said, "1: Port 80 is in use\n". */
export async function failedStart (t: Teardown, options: ServerOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(t, options).ended
  return `${code}: ${stdout}${stderr}`
}

/** Starts the server and doesn't wait for anything. */
export function run (t: Teardown, { directory = dataFolder(t), env = {}, command = NODE, cwd = root }: ServerOptions) {
  const [program, ...args] = command
  const begun = performance.now()
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...withoutNpm(process.env), PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: directory, DATABASE_URL: '', ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', text => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', text => { stderr += text })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const ended = closed.then(([code, signal]): Ended => ({ code, signal, stdout, stderr, seconds: (performance.now() - begun) / 1000 }))
  const postgres = () => numberIn(join(directory, 'postgres', 'postmaster.pid'))
  cleanUp(t, child, directory)

  return {
    child, directory, ended, postgres,
    stdout: () => stdout,
    stderr: () => stderr,
    /** Waits for what a pattern says on stdout, and gives its first group. */
    async until (pattern: RegExp): Promise<string> {
      for (const end = Date.now() + 60_000; ; await sleep(20)) {
        const found = pattern.exec(stdout)
        if (found) return found[1] ?? found[0]
        if (hasEnded(child) || Date.now() > end) throw new Error(`The server didn't say ${pattern}: ${stdout}${stderr}`)
      }
    },
    async stop (name: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
      const asked = performance.now()
      child.kill(name)
      const how = await ended
      return { ...how, seconds: (performance.now() - asked) / 1000 }
    }
  }
}

/** A folder for the data of a server, removed when `t` ends: ask for it before the servers that use it. */
export function dataFolder (t: Teardown): string {
  const path = mkdtempSync(join(tmpdir(), 'clientela-process-')) // 0700
  t.teardown(() => rmSync(path, { recursive: true, force: true, maxRetries: 10 }))
  return path
}

/** Whether a process of this number runs; one that has ended and that nobody has asked about counts as ended. */
export const runs = (pid: number): boolean => birthOf(pid) !== null

// Also what is left when a test failed half-way: the program itself when npm started it, and Postgres when it was killed.
function cleanUp (t: Teardown, child: ChildProcess, directory: string): void {
  const left = () => {
    const app = existsSync(directory) ? numberIn(join(directory, 'clientela.pid')) : 0
    const postgres = existsSync(directory) ? numberIn(join(directory, 'postgres', 'postmaster.pid')) : 0
    return [...(app && isMarked(directory, app) ? [app] : []), ...(postgres && isNamedPostgres(postgres) ? [postgres] : [])]
  }
  const onExit = () => { for (const pid of [...(hasEnded(child) ? [] : [child.pid!]), ...left()]) signal(pid, 'SIGKILL') }
  process.on('exit', onExit)
  t.teardown(async () => {
    process.off('exit', onExit)
    if (!hasEnded(child)) {
      child.kill('SIGTERM')
      await Promise.race([once(child, 'close'), sleep(15_000, undefined, { ref: false })])
      if (!hasEnded(child)) child.kill('SIGKILL')
    }
    for (const pid of left()) {
      signal(pid, 'SIGKILL')
      await endsWithin(pid, 5000)
    }
  })
}

/** Whether a live process is the one that the lock file means, and not a later one of the same number. */
function isMarked (directory: string, pid: number): boolean {
  return readFileSync(join(directory, 'clientela.pid'), 'utf8').split('\n')[1] === birthOf(pid)
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** The number in a file's first line; 0 when there is no such file. */
function numberIn (file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0
  } catch {
    return 0
  }
}

// A server that npm started behaves a little differently, and the tests themselves may have been started by npm.
function withoutNpm (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(lifecycle|package)_/.test(name)))
}
