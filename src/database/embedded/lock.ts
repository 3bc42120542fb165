import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  const ours = `${process.pid}\n${birthOf(process.pid)}\n${mark}\n`

  while (!create(file, ours, mark)) removeStale(directory, file, `${file}.${mark}`)
  await sleep(20) // another start may be about to give back what it moved aside: see below
  const held = read(file)
  if (held !== ours) throw new AlreadyRunning(directory, numberIn(held))

  return {
    release () {
      if (read(file) === ours) rmSync(file, { force: true })
    }
  }
}

/** Whether the file could be created. A link appears with its whole content or not at all, which a plain write does not promise. */
function create (file: string, content: string, mark: string): boolean {
  const draft = `${file}.${mark}`
  writeFileSync(draft, content, { mode: 0o644 }) // readable, so that a start as another user can say who runs
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

function removeStale (directory: string, file: string, aside: string): void {
  const held = read(file)
  const birth = held.split('\n')[1]
  if (birth && birthOf(numberIn(held)) === birth) throw new AlreadyRunning(directory, numberIn(held))

  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return // another start removed it
    throw error
  }
  // Between our look and our move another start may have put its own there: give it back
  const moved = read(aside)
  rmSync(aside)
  if (moved !== held) create(file, moved, randomUUID())
}

const numberIn = (content: string) => Number.parseInt(content, 10) || 0

function read (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
