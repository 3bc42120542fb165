import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something is so that comes about by itself; fails after ten seconds. */
export async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400; n++) {
    if (await isSo()) return
    await wait(25)
  }
  throw new Error('It never was so')
}
