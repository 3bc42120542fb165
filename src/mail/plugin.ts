import fp from 'fastify-plugin'
import { makeSealer } from '../seal.js'
import { hourly } from '../web/hourly.js'
import { forgetOldMails } from './outbox/queries.js'
import { Sender } from './outbox/sender.js'
import { findMailSettings } from './queries.js'

// What waits for its next try, or was queued while nobody listened, is found by then.
const LOOK_EVERY = 30_000

/** The outbox and its sender: woken by each mail that is queued, by any process, and every half minute. */
export default fp(async app => {
  const { db, config, log } = app
  const sealer = makeSealer(config)
  const outbox = new Sender(db, sealer, log)
  app.decorate('sealer', sealer)
  app.decorate('outbox', outbox)

  /*
   * Never what a request says of itself: whoever asks for a new password in somebody else's name could have the link lead to a
   * host of theirs.
   */
  app.decorate('publicUrl', async () => {
    if (config.publicUrl) return config.publicUrl
    const { publicUrl } = await findMailSettings(db)
    if (publicUrl) return publicUrl
    const address = app.server.address()
    const port = typeof address === 'object' && address ? address.port : config.port
    const isAnywhere = config.host === '0.0.0.0' || config.host === '::'
    return `http://${isAnywhere ? 'localhost' : config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  })

  const unsubscribe = app.live.subscribe('mail', () => { void outbox.wake() })
  const look = setInterval(() => { void outbox.wake() }, LOOK_EVERY).unref()
  hourly(app, () => forgetOldMails(db), 'old mails could not be cleared away')
  app.addHook('onReady', async () => { void outbox.wake() })
  app.addHook('onClose', async () => {
    unsubscribe()
    clearInterval(look)
    await outbox.close()
  })
}, { name: 'mail', dependencies: ['live'] })
