import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../jobs/process.js'
import type { Letter } from './letter.js'
import type { ParseJob } from './parse.js'

export type Answer = { letter: Letter } | { failed: string }

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url))

// Milliseconds one letter may take, and how long the process waits for another.
const LONGEST = 45_000
const IDLE = 20_000

// Megabytes: a letter's files pass through, its words stay.
const HEAP = 160

/** Reads letters in a process of its own, so that nobody waits for its computing, and one made to crash or to occupy its reader does that to nobody else. */
export class Reader {
  private child: ChildProcess | undefined
  private idle: NodeJS.Timeout | undefined
  private last: Promise<unknown> = Promise.resolve()

  /** Reads a letter, one at a time. Null when it can't be read. */
  read (job: ParseJob): Promise<Letter | null> {
    const mine = this.last.then(() => this.ask(job))
    this.last = mine.catch(() => {})
    return mine
  }

  /** Ends the process, if there is one; another read() starts it anew. */
  stop (): void {
    clearTimeout(this.idle)
    this.child?.kill('SIGKILL')
    this.child = undefined
  }

  private ask (job: ParseJob): Promise<Letter | null> {
    clearTimeout(this.idle)
    const child = this.child ??= start()
    return new Promise(resolve => {
      const over = (letter: Letter | null) => {
        clearTimeout(late)
        for (const [event, listener] of listeners) child.off(event, listener)
        if (this.child === child && letter !== null) this.idle = setTimeout(() => this.stop(), IDLE).unref()
        else if (this.child === child) this.stop()
        resolve(letter)
      }
      const late = setTimeout(() => over(null), LONGEST)
      const listeners: [string, (said: any) => void][] = [
        ['message', (answer: Answer) => over('letter' in answer ? answer.letter : null)],
        ['exit', () => over(null)],
        ['error', () => over(null)]
      ]
      for (const [event, listener] of listeners) child.once(event, listener)
      child.send(job, error => { if (error) over(null) })
    })
  }
}

function start (): ChildProcess {
  const child = startProcess(PROGRAM, { heap: HEAP, young: 8 })
  child.unref()
  child.channel?.unref() // an idle one keeps nobody from ending
  return child
}
