/** Work that is done in rounds, one at a time, whenever somebody wakes it; woken during a round, it does one more after it. */
export class Rounds {
  private running: Promise<void> | undefined
  private again = false
  isClosed = false

  /** `round` should come to an end soon once this is closed. `warn` is told of a round that failed. */
  constructor (private readonly round: () => Promise<void>, private readonly warn: (error: unknown) => void) {}

  /** Resolves once a round that began from now on is over. */
  wake (): Promise<void> {
    this.again = true
    if (!this.isClosed) this.running ??= this.run()
    return this.running ?? Promise.resolve()
  }

  /** Waits for the round that is going on; there is none after it. */
  async close (): Promise<void> {
    this.isClosed = true
    await this.running
  }

  private async run (): Promise<void> {
    while (this.again && !this.isClosed) {
      this.again = false
      try {
        await this.round()
      } catch (error) {
        this.warn(error)
      }
    }
    this.running = undefined // in the same breath as the last look at `again`
  }
}
