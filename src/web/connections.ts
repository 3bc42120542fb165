import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

/**
 * Lets the application close as soon as it has answered. The server would wait for every open connection until it times out
 * (a minute): for those that browsers open in advance and never use, and for those kept alive by an answer that was on its way.
 */
export default fp(async app => {
  const unused = new Set<Socket>()
  let isClosing = false
  app.server.on('connection', socket => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }, answer) => {
    unused.delete(socket)
    answer.once('finish', () => { if (isClosing) socket.end() })
  })
  app.addHook('preClose', async () => {
    isClosing = true
    for (const socket of unused) socket.destroy()
  })
}, { name: 'connections' })
