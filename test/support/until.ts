import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something is so that comes about by itself; fails after half a minute (a busy machine may need ten seconds for what takes one). */
export async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 1200; n++) {
    if (await isSo()) return
    await wait(25)
  }
  throw new Error('It never was so')
}
