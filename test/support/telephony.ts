import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { WebSocketServer, type WebSocket } from 'ws'

export interface Asked { method: string, path: string, query: URLSearchParams, body: string, headers: IncomingMessage['headers'] }

export interface StandIn {
  /** "http://127.0.0.1:41234" */
  url: string
  asked: Asked[]
  /** How it answers from now on. */
  answer: { status: number, body: string, hangs?: boolean }
}

/** A telephony's REST API on loopback that keeps what it is asked. */
export async function standIn (t: Pick<Test, 'teardown'>, answer: StandIn['answer']): Promise<StandIn & { server: ReturnType<typeof createServer> }> {
  const made: StandIn = { url: '', asked: [], answer }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk)).on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://here')
      made.asked.push({ method: request.method!, path: pathname, query: searchParams, body: Buffer.concat(chunks).toString(), headers: request.headers })
      if (!made.answer.hangs) response.writeHead(made.answer.status, { 'content-type': 'application/json' }).end(made.answer.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  made.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(made, { server })
}

/** An Asterisk with ARI: takes connections with the right password, and tells them events. */
export async function asterisk (t: Pick<Test, 'teardown'>, { user, password }: { user: string, password: string }) {
  const made = await standIn(t, { status: 200, body: '{"id":"x"}' })
  const sockets = new WebSocketServer({ noServer: true })
  const apps: string[] = []
  made.server.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, one => { apps.push(request.url!); sockets.emit('connection', one, request) })
  })
  t.teardown(() => { for (const one of sockets.clients) one.terminate(); sockets.close() })
  return Object.assign(made, {
    apps,
    connected: async (): Promise<WebSocket> => [...sockets.clients][0] ?? (await once(sockets, 'connection'))[0],
    tell (event: object | string) { for (const one of sockets.clients) one.send(typeof event === 'string' ? event : JSON.stringify(event)) },
    drop () { for (const one of sockets.clients) one.terminate() }
  })
}

/** Posts as Twilio does, signed for the address by the token. */
export async function twilioPosts (app: FastifyInstance, token: string, path: string, params: Record<string, string>, signature?: string) {
  const url = `/hooks/calls/twilio/${path}`
  const text = `${await app.publicUrl()}${url}` + Object.keys(params).sort().map(name => name + params[name]).join('')
  const answer = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature ?? createHmac('sha1', token).update(text).digest('base64') }, payload: new URLSearchParams(params).toString() })
  return { status: answer.statusCode, body: answer.body }
}
