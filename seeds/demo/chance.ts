/** Random choices that come out the same for the same seed (Mulberry32, by Tommy Ettinger). */
export class Chance {
  #state: number

  constructor (seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, but not including, 1. */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  int (min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  is (probability: number): boolean {
    return this.next() < probability
  }

  pick<T> (from: readonly T[]): T {
    return from[this.int(0, from.length - 1)]!
  }

  /** The first ones are chosen most, as a few tags or campaigns are in any shop. */
  pickEarly<T> (from: readonly T[]): T {
    return from[Math.floor(this.next() ** 1.8 * from.length)]!
  }

  weigh<T> (choices: readonly (readonly [T, weight: number])[]): T {
    let left = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [choice, weight] of choices) {
      left -= weight
      if (left < 0) return choice
    }
    return choices.at(-1)![0]
  }

  /** "5#-###" with a digit for every #. */
  digits (pattern: string): string {
    return pattern.replace(/#/g, () => String(this.int(0, 9)))
  }
}
