import { once } from 'node:events'
import { createConnection } from 'node:net'

/** Asks for a page; gives its HTML once all of it is there. Throws for anything but a 200. One after the other. */
export type Ask = (url: string) => Promise<Buffer>

/**
 * A connection that is kept (HTTP/1.1), as one person's browser has it. It does no more than it must, as what asks
 * shares the processors that are measured.
 */
export async function connect (port: number, headers: Record<string, string>): Promise<{ ask: Ask, close: () => void }> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  let answer: { chunks: Buffer[], left: number, resolve: (html: Buffer) => void, reject: (error: Error) => void } | undefined
  const end = (error: Error) => {
    answer?.reject(error)
    answer = undefined
  }
  socket.on('data', chunk => {
    if (!answer) return
    let body = chunk
    if (answer.left < 0) {
      body = Buffer.concat([...answer.chunks.splice(0), chunk])
      const start = body.indexOf('\r\n\r\n')
      if (start < 0) return void answer.chunks.push(body)
      const head = body.toString('latin1', 0, start), length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
      if (!head.startsWith('HTTP/1.1 200 ') || !length) return end(new Error(`It answered ${head.split('\r\n', 1)[0]}`))
      body = body.subarray(start + 4)
      answer.left = Number(length)
    }
    answer.chunks.push(body)
    answer.left -= body.length
    if (answer.left > 0) return
    const { resolve, chunks } = answer
    answer = undefined
    resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('The connection was closed')))
  return {
    ask: url => new Promise((resolve, reject) => {
      answer = { chunks: [], left: -1, resolve, reject }
      socket.write(`GET ${url} HTTP/1.1\r\n${lines}\r\n`)
    }),
    close: () => { socket.destroy() }
  }
}
