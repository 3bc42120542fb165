import fp from 'fastify-plugin'
import { dropWaiting, listWaiting } from '../../jobs/queries.js'
import { MESSAGE_CHANNELS } from '../message.js'
import { queueOf, wakeChannel } from '../queue.js'
import { channelsWaiting } from './queries.js'
import { sendDue } from './send.js'

/** Sends messages: a job each time something is due, one at a time on each channel. */
export default fp(async app => {
  const { db, log, storage } = app
  app.decorate('gatewayOf', new Map())
  app.job('messages.send', async ({ channel }, { signal }) => {
    if (!MESSAGE_CHANNELS.includes(channel)) return
    const others = await listWaiting(db, queueOf(channel)) // what they were left for is sent by us, or whoever we leave it to
    await sendDue({ db, log, storage, open: app.gatewayOf.get(channel) ?? (async () => null) }, channel, signal)
    await dropWaiting(db, others)
  })
  // Every message has left its job; should one have been given up, its messages go on with the next start.
  app.addHook('onListen', async () => {
    for (const channel of await channelsWaiting(db)) await wakeChannel(db, channel)
  })
}, { name: 'messages', dependencies: ['jobs'] })
