import type { Readable } from 'node:stream'
import { SaxesParser } from 'saxes'
import { LIMITS } from '../limits.js'
import { Unreadable } from '../reading.js'

export type Attributes = Record<string, string>

/** What is told while XML is read; names come without their prefix. */
export interface Listener {
  open (name: string, attributes: Attributes): void
  close (name: string): void
  text (text: string): void
}

/**
 * Reads XML piece by piece, and gives after each what `take` has by then. There is no kind of office document with a
 * document type, and so none is read: entities that stand for each other a billion times over are all in there. Throws Unreadable.
 */
export async function * readXml<T> (stream: Readable, listener: Listener, take: () => T[], signal?: AbortSignal): AsyncGenerator<T> {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const decoder = new TextDecoder('utf-8')
  let depth = 0
  let silent = 0
  const heard = () => { silent = 0 }
  parser.on('opentag', ({ name, attributes }) => {
    heard()
    if (++depth > LIMITS.depth) throw new Unreadable('damaged')
    listener.open(local(name), attributes as Attributes)
  })
  parser.on('closetag', ({ name }) => {
    depth--
    heard()
    listener.close(local(name))
  })
  parser.on('text', text => listener.text(text))
  parser.on('cdata', text => listener.text(text))
  parser.on('doctype', () => { throw new Unreadable('damaged') })
  parser.on('error', () => { throw new Unreadable('damaged') })
  try {
    for await (const chunk of stream) {
      signal?.throwIfAborted()
      // One text, tag or attribute that never ends would all be kept.
      if ((silent += (chunk as Buffer).length) > LIMITS.record) throw new Unreadable('too_much')
      parser.write(decoder.decode(chunk as Buffer, { stream: true }))
      yield * take()
    }
    parser.close()
    yield * take()
  } catch (error) {
    if (error instanceof Unreadable || signal?.aborted) throw error
    throw new Unreadable('damaged')
  } finally {
    stream.destroy()
  }
}

/** Reads XML to its end. */
export async function readAllXml (stream: Readable, listener: Listener, signal?: AbortSignal): Promise<void> {
  await readXml(stream, listener, () => [], signal).next()
}

function local (name: string): string {
  const colon = name.indexOf(':')
  return colon === -1 ? name : name.slice(colon + 1)
}
