import pg from 'pg'

type Connected = Parameters<pg.Pool['connect']>[0]

/**
 * The queue's connections. The library gives the one on which it listens back twice where Postgres goes away while it begins to listen and is stopped;
 * of that pg's pool would make an error that nobody catches, which ends the program.
 */
export class JobsPool extends pg.Pool {
  override connect (): Promise<pg.PoolClient>
  override connect (connected: Connected): void
  override connect (connected?: Connected): Promise<pg.PoolClient> | void {
    if (!connected) return super.connect()
    super.connect((error, client, release) => {
      let isBack = !client // then there is nothing to give back
      connected(error, client, broken => {
        if (!isBack) release(broken)
        isBack = true
      })
    })
  }
}
