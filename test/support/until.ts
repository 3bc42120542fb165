import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something holds that comes about by itself, and gives what the condition gave; throws when it didn't within so many seconds (a busy machine may need ten for what takes one). */
export async function until<T> (condition: () => T | Promise<T>, what = 'it never was so', seconds = 60): Promise<NonNullable<T>> {
  for (const end = Date.now() + seconds * 1000; ; await wait(25)) {
    const value = await condition()
    if (value) return value as NonNullable<T>
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain: ${what}`)
  }
}
