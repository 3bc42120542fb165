import type { FastifyBaseLogger } from 'fastify'
import type { Db } from '../../database/knex.js'
import type { Sealer } from '../../seal.js'
import { findMailSettings, type MailSettings } from '../queries.js'
import { Rounds } from '../rounds.js'
import { passwordOf } from '../settings.js'
import { catchDue, settle, settleLost, takeDue } from './queries.js'
import type { MailServer } from './server.js'

/**
 * Sends what is due, one mail after the other; several processes may do so at once, each mail is taken by one. A mail is taken
 * before it is sent and settled after: one whose process was killed in between is called uncertain and not repeated.
 */
export class Sender {
  private readonly rounds: Rounds

  constructor (private readonly db: Db, private readonly sealer: Sealer, private readonly log: FastifyBaseLogger) {
    this.rounds = new Rounds(() => this.sendDue(), error => log.warn({ err: error }, 'the outbox could not be looked at'))
  }

  /** Looks at what is due, now or after the look that is going on. Returns when it has. */
  wake (): Promise<void> { return this.rounds.wake() }

  /** Lets the mail that is being sent arrive, and takes no other. */
  close (): Promise<void> { return this.rounds.close() }

  private async sendDue (): Promise<void> {
    await settleLost(this.db)
    let server: MailServer | undefined
    let version = -1
    try {
      while (!this.rounds.isClosed) {
        // Read for each mail: whoever changes the server means all that hasn't gone yet.
        const settings = await findMailSettings(this.db)
        if (!settings.sends) return await catchDue(this.db)
        if (settings.version !== version) {
          server?.close()
          server = await this.open(settings)
          version = settings.version
        }
        const mail = server && await takeDue(this.db)
        if (!mail) return
        const fate = await server!.send(mail)
        await settle(this.db, mail, fate)
        if (fate.state !== 'sent') this.log.warn({ mail: mail.id, fate: fate.state, problem: fate.problem }, 'a mail was not sent')
        if (server!.isDown) return
      }
    } finally {
      server?.close()
    }
  }

  private async open (settings: MailSettings): Promise<MailServer | undefined> {
    const password = await passwordOf(this.sealer, settings)
    if (password !== undefined) return (await import('./server.js')).openMailServer(settings, password) // nodemailer takes 70 ms to load, and many never send
    this.log.error('the password of the mail server was sealed with another SECRET_KEY: type it anew under Settings > E-mail')
    return undefined
  }
}
