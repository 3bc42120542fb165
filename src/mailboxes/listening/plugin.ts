import fp from 'fastify-plugin'
import { Listeners } from './listeners.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Those that this process listens to, once it listens itself. */
    mailboxes: Listeners
  }
}

/** Listens to the mailboxes of the settings, in every process that is open to visitors. */
export default fp<{ url: string }>(async (app, { url }) => {
  const { db, storage, sealer, log, live } = app
  const mailboxes = new Listeners({ db, storage, sealer, log, live, url })
  app.decorate('mailboxes', mailboxes)
  app.addHook('onListen', async () => mailboxes.start())
  let closed: Promise<void> | undefined
  app.addHook('preClose', async () => { closed = mailboxes.close() }) // while the last requests are answered
  app.addHook('onClose', async () => { await (closed ?? mailboxes.close()) })
}, { name: 'mailboxes', dependencies: ['live', 'mail'] })
