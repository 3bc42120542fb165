import pg from 'pg'

/** The first of the two numbers of a mailbox's advisory lock; the second is its id. */
export const LOCKS = 724_393

/**
 * Holds the locks of the mailboxes that this process listens to, on a connection of its own: so one process at a time listens to each, and
 * when it is killed, Postgres lets go of what it held.
 */
export class Holder {
  private client: pg.Client | undefined
  private readonly held = new Set<number>()

  /** `onLost`: the connection has gone, and with it all that was held. */
  constructor (private readonly url: string, private readonly onLost: (error: Error | undefined) => void) {}

  /** Takes the lock of a mailbox unless somebody has it. Returns whether this process has it now. */
  async take (id: number): Promise<boolean> {
    if (this.held.has(id)) return true
    const client = this.client ??= await this.connect()
    const { rows: [{ taken }] } = await client.query('select pg_try_advisory_lock($1, $2) as taken', [LOCKS, id])
    if (taken && this.client === client) this.held.add(id)
    return this.held.has(id)
  }

  /** Whether this process has the lock of a mailbox. */
  has (id: number): boolean {
    return this.held.has(id)
  }

  /** Lets others have a mailbox. */
  async release (id: number): Promise<void> {
    if (!this.held.delete(id)) return
    await this.client?.query('select pg_advisory_unlock($1, $2)', [LOCKS, id]).catch(() => {})
  }

  /** Ends the connection; taking another lock begins one anew. */
  async close (): Promise<void> {
    const { client } = this
    this.client = undefined
    this.held.clear()
    await client?.end().catch(() => {})
  }

  private async connect (): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'clientela mailboxes', keepAlive: true, keepAliveInitialDelayMillis: 10_000 })
    let failed: Error | undefined
    client.on('error', error => { failed = error })
    client.on('end', () => {
      if (this.client !== client) return
      this.client = undefined
      this.held.clear()
      this.onLost(failed)
    })
    try {
      await client.connect()
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    return client
  }
}
