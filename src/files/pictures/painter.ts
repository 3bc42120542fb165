import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../jobs/process.js'
import type { FieldError } from '../../web/form.js'
import type { Picture } from './draw.js'

/** A picture to draw: where it is, what its content says it is, and the folder for what comes of it. */
export interface Job { path: string, type: string, folder: string, logo: boolean }
export type Answer = { picture: Picture } | { refused: FieldError } | { failed: string }

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url))

// Milliseconds one picture may take, and how long the process waits for another.
const LONGEST = 60_000
const IDLE = 10_000

let child: ChildProcess | undefined
let idle: NodeJS.Timeout | undefined
let last: Promise<unknown> = Promise.resolve()

/**
 * Draws an uploaded picture anew in a process of its own: its memory goes back to the system afterwards, and a picture made to
 * crash or to occupy its reader does that to nobody else. One at a time, so that neither memory nor processors add up.
 */
export function paint (job: Job): Promise<Answer> {
  const mine = last.then(() => ask(job))
  last = mine.catch(() => {})
  return mine
}

/** Ends the process, if there is one; another paint() starts it anew. */
export function stopPainting (): void {
  clearTimeout(idle)
  child?.kill('SIGKILL')
  child = undefined
}

function ask (job: Job): Promise<Answer> {
  clearTimeout(idle)
  const worker = child ??= start()
  return new Promise<Answer>(resolve => {
    const over = (answer: Answer) => {
      clearTimeout(late)
      for (const [event, listener] of listeners) worker.off(event, listener)
      if (child === worker && worker.connected) idle = setTimeout(stopPainting, IDLE).unref()
      else stopPainting()
      resolve(answer)
    }
    const broken: Answer = { refused: { key: 'files.picture_broken' } }
    const late = setTimeout(() => {
      worker.kill('SIGKILL')
      over(broken)
    }, LONGEST)
    const listeners: [string, (said: any) => void][] = [
      ['message', (answer: Answer) => over(answer)],
      ['exit', () => over(broken)],
      ['error', (error: Error) => over({ failed: String(error) })]
    ]
    for (const [event, listener] of listeners) worker.once(event, listener)
    worker.send(job)
  })
}

function start (): ChildProcess {
  const worker = startProcess(PROGRAM, { heap: 64 })
  worker.unref()
  worker.channel?.unref() // an idle one keeps nobody from ending
  return worker
}
