import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { AriListener } from './adapters/ari.js'
import { findTelephony, secretOf } from './settings/queries.js'
import { takeReport } from './taking.js'

// Any number that is nobody else's: the process that holds this lock of Postgres is the one that listens.
const LOCK = 350_035
const LOOK_EVERY = 15_000

type Parts = Pick<FastifyInstance, 'db' | 'sealer' | 'log' | 'live'>

/** Keeps the connection to the PBX that is set: one of all processes on the database listens, and when it goes another takes over. */
export class Listening {
  private listener: AriListener | undefined
  private lock: pg.Client | undefined
  private timer: NodeJS.Timeout | undefined
  private isClosed = false
  private working: Promise<void> = Promise.resolve()
  private unsubscribe: (() => void) | undefined

  constructor (private readonly parts: Parts, private readonly url: string) {}

  start (): void {
    this.unsubscribe = this.parts.live.subscribe('telephony', () => { this.look(true) })
    this.timer = setInterval(() => this.look(false), LOOK_EVERY).unref()
    this.look(false)
  }

  /** Whether this process is connected to the PBX. */
  get isOpen (): boolean { return this.listener?.isOpen ?? false }

  async close (): Promise<void> {
    this.isClosed = true
    clearInterval(this.timer)
    this.unsubscribe?.()
    await this.working
    await this.stop()
  }

  private look (anew: boolean): void {
    this.working = this.working.then(async () => {
      if (this.isClosed) return
      if (anew) await this.stop()
      if (!this.listener) await this.listen()
    }).catch(error => this.parts.log.warn({ err: error }, 'the telephony could not be listened to'))
  }

  private async listen (): Promise<void> {
    const { db, sealer, log } = this.parts
    const settings = await findTelephony(db)
    if (settings.adapter !== 'ari') return
    const password = await secretOf(sealer, settings, 'ari')
    if (password === null || !await this.takeLock()) return
    this.listener = new AriListener(settings.configs.ari, password, report => takeReport(db, 'ari', report), error => log.warn({ err: error }, 'the connection to the PBX'))
    this.listener.open()
  }

  private async takeLock (): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'clientela telephony', keepAlive: true })
    client.on('error', () => {})
    // With its connection the lock is gone, and another may have it.
    client.on('end', () => { if (this.lock === client) { this.lock = undefined; this.look(true) } })
    await client.connect()
    const { rows: [row] } = await client.query('select pg_try_advisory_lock($1) as taken', [LOCK])
    if (row.taken) this.lock = client
    else await client.end()
    return row.taken
  }

  private async stop (): Promise<void> {
    const { listener, lock } = this
    this.listener = this.lock = undefined
    await listener?.close()
    await lock?.end().catch(() => {})
  }
}
