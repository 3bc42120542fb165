import { Worker } from 'node:worker_threads'
import type { Numbered } from './lines.js'
import type { Plan } from './plan.js'

export interface HelperInput { plan: Plan, importId: number }

const THREAD = new URL('./helper-thread.js', import.meta.url)

// Batches that wait for it: one that it checks, and one so that it has no need to wait.
const MOST_WAITING = 2

/** A thread that checks batches of rows beside the one that reads them. */
export class Helper {
  private readonly worker: Worker
  private waiting = 0
  private lines: string[] = []
  private error: unknown
  private wake = () => {}

  constructor (input: HelperInput) {
    // Without what this process was started with: a module preloaded there may say things of its own here.
    this.worker = new Worker(THREAD, { workerData: input, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 12 } })
    this.worker.on('message', (lines: string) => {
      this.waiting--
      this.lines.push(lines)
      this.wake()
    })
    this.worker.on('error', error => {
      this.error = error
      this.wake()
    })
  }

  /** Whether it has time for another batch. */
  get isFree (): boolean { return this.waiting < MOST_WAITING && !this.error }

  give (batch: Numbered): void {
    this.waiting++
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a thread, not of a window
    this.worker.postMessage(batch)
  }

  /** The lines that are made by now. Throws what the thread threw. */
  take (): string[] {
    if (this.error) throw this.error
    const { lines } = this
    this.lines = []
    return lines
  }

  /** The lines of all it was given. */
  async rest (): Promise<string[]> {
    while (this.waiting > 0 && !this.error) await new Promise<void>(resolve => { this.wake = resolve })
    return this.take()
  }

  async end (): Promise<void> { await this.worker.terminate() }
}
