import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface ProcessLimits {
  /** Megabytes of JavaScript's heap; beyond it the process ends, and only it. */
  heap: number
  /** Megabytes of its young half, 1 unless given: more is quicker for what makes many short-lived things. */
  young?: number
  /** Whether what it writes to its standard output is read, from `child.stdout`. */
  isRead?: boolean
}

/**
 * Starts a program of ours in a process of its own: behind everybody else in the queue for a processor, with little of the
 * environment (no password is anything it has to know unless it is told), and its memory goes back to the system afterwards.
 * The program ends itself at 'disconnect': when we are killed, it goes too.
 */
export function startProcess (program: string, { heap, young = 1, isRead = false }: ProcessLimits): ChildProcess {
  const execArgv = [`--max-old-space-size=${heap}`, `--max-semi-space-size=${young}`]
  const child = fork(program, { env: { MALLOC_ARENA_MAX: '2', TMPDIR: process.env.TMPDIR ?? '' }, execArgv, stdio: ['ignore', isRead ? 'pipe' : 'ignore', 'ignore', 'ipc'], serialization: 'advanced' })
  try {
    if (child.pid) setPriority(child.pid, 10)
  } catch {} // it has ended already, which its 'exit' says
  return child
}

/** What a module that runs in a process of its own is given beside its input. */
export interface WorkTools<Progress> {
  /** Tells the parent how far it is; resolves once that is sent. */
  tell (progress: Progress): Promise<void>
  /** Aborted when it is to stop: five seconds later it is killed. */
  signal: AbortSignal
}
/** The default export of such a module. Input, progress and result are copied (structured clone). */
export type Work<Input, Progress, Result> = (input: Input, tools: WorkTools<Progress>) => Promise<Result>

export interface WorkOptions<Progress> extends Partial<ProcessLimits> {
  signal?: AbortSignal
  /** Called for each thing told, in order, one after the other. */
  onProgress?: (progress: Progress) => void | Promise<void>
}

/** What goes from one process to the other. */
export type ToWorker = { module: string, input: unknown } | 'stop'
export type FromWorker = { progress: unknown } | { result: unknown } | { failed: { name: string, message: string, stack?: string, code?: string } }

/** The process ended before its work did: `memory` when it needed more than its heap. */
export class ProcessEnded extends Error {
  constructor (readonly reason: 'memory' | 'killed', readonly said: string) { super(`the process ended: ${reason} (${said})`) }
}

const PROGRAM = fileURLToPath(new URL('./worker-process.js', import.meta.url))
const UNTIL_KILLED = 5000

/**
 * Runs the work of a module (`new URL('./parse.js', import.meta.url)`) in a process of its own, so that nobody waits for its
 * computing. Gives its result. Throws what the module threw (name, message, code), ProcessEnded, or the signal's reason.
 */
export async function runProcess<Input, Progress, Result> (module: URL, input: Input, { heap = 128, young, signal, onProgress }: WorkOptions<Progress> = {}): Promise<Result> {
  signal?.throwIfAborted()
  const child = startProcess(PROGRAM, { heap, ...(young && { young }) })
  let late: NodeJS.Timeout | undefined
  const stop = () => {
    if (child.connected) child.send('stop' satisfies ToWorker, () => {})
    late = setTimeout(() => child.kill('SIGKILL'), UNTIL_KILLED)
  }
  signal?.addEventListener('abort', stop)
  try {
    return await new Promise<Result>((resolve, reject) => {
      let told: Promise<unknown> = Promise.resolve()
      let settled = false
      child.on('message', (message: FromWorker) => {
        if ('progress' in message) {
          told = told.then(() => onProgress?.(message.progress as Progress))
          told.catch(reject)
          return
        }
        settled = true
        told.then(() => { if ('result' in message) resolve(message.result as Result); else reject(Object.assign(new Error(message.failed.message), message.failed)) }, reject)
      })
      child.once('error', reject)
      child.once('exit', (code, name) => { if (!settled) reject(new ProcessEnded(name === 'SIGABRT' || code === 134 ? 'memory' : 'killed', name ?? `code ${code}`)) })
      child.send({ module: module.href, input } satisfies ToWorker, () => {})
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    clearTimeout(late)
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}
