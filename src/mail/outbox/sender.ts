import type { FastifyBaseLogger } from 'fastify'
import type { Db } from '../../database/knex.js'
import type { Sealer } from '../../seal.js'
import { findMailSettings, type MailSettings } from '../queries.js'
import { Rounds } from '../rounds.js'
import { secretsOf } from '../secrets.js'
import { letterOf } from './letter.js'
import { catchDue, settle, settleLost, takeDue, type Fate } from './queries.js'
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
        const fate = await server!.send(letterOf(settings, mail)) as Fate // no file can be lost of it
        await settle(this.db, mail, fate)
        if (fate.state !== 'sent') this.log.warn({ mail: mail.id, fate: fate.state, problem: fate.problem }, 'a mail was not sent')
        if (server!.isDown) return
      }
    } finally {
      server?.close()
    }
  }

  private async open (settings: MailSettings): Promise<MailServer | undefined> {
    const secrets = await secretsOf(this.sealer, settings)
    if (secrets) return (await import('./server.js')).openMailServer(settings, secrets) // nodemailer takes 70 ms to load, and many never send
    this.log.error('the password of the mail server (or the key of DKIM) was sealed with another SECRET_KEY: type it anew under Settings > E-mail')
    return undefined
  }
}
