import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { birthOf } from './processes.js'

/** Another live process owns the data folder. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning'

  constructor (readonly directory: string, readonly pid: number) {
    super(`Clientela is already running on ${directory} (process ${pid}): stop that one first, or give this one another data folder`)
  }
}

export interface Lock { release (): void }

/**
 * Makes this process the owner of the data folder through `clientela.pid`: our process number, when we began, and a mark of this start.
 * A file whose process has ended is replaced. Throws AlreadyRunning.
 */
export async function takeLock (directory: string): Promise<Lock> {
  const file = join(directory, 'clientela.pid')
  const mark = randomUUID()
  const draft = `${file}.${mark}`
  const ours = `${process.pid}\n${birthOf(process.pid)}\n${mark}\n`

  await writeFile(draft, ours, { mode: 0o644 }) // readable, so that a start as another user can say who runs
  try {
    // A link either appears with its whole content or fails, which neither a plain write nor a rename gives
    while (!(await took(link(draft, file)))) await removeStale(directory, file, `${file}.${mark}.old`)
    await sleep(20)
    if (await read(file) !== ours) throw new AlreadyRunning(directory, numberIn(await read(file)))
  } finally {
    await rm(draft, { force: true })
  }

  return {
    release () {
      try {
        if (readFileSync(file, 'utf8') === ours) rmSync(file)
      } catch { /* gone already */ }
    }
  }
}

async function removeStale (directory: string, file: string, aside: string) {
  const held = await read(file)
  const [pid, birth] = held.split('\n')
  if (birth && birthOf(Number(pid)) === birth) throw new AlreadyRunning(directory, numberIn(held))

  await rename(file, aside).catch(ignoreMissing)
  // Between our look and our move a third process may have put its own there: give it back
  if (await read(aside) !== held) await took(link(aside, file))
  await rm(aside, { force: true })
}

const numberIn = (content: string) => Number.parseInt(content, 10) || 0

const read = (file: string) => readFile(file, 'utf8').catch(() => '')

async function took (linking: Promise<void>): Promise<boolean> {
  try {
    await linking
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function ignoreMissing (error: NodeJS.ErrnoException) {
  if (error.code !== 'ENOENT') throw error
}
