import type { FastifyReply, FastifyRequest } from 'fastify'
import { SHOWN_TYPES } from './file.js'
import { disposition } from './name.js'
import type { Range, Storage } from './storage/storage.js'

// As if from a page that may do nothing at all, should a browser ever take it for one.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

export interface Content { hash: string, size: number, type: string, name: string }

/**
 * Sends a content: pictures to be shown, everything else to be saved, never to be run. It stays the same under its address for
 * ever, so a browser may keep it. What isn't `shared` with everybody it asks for again each time, and is told that it has it (304):
 * whoever may not see it any more, or uses the browser next, sees nothing. A part is sent when that is asked for (RFC 9110, 14.2).
 */
export async function sendContent (request: FastifyRequest, reply: FastifyReply, storage: Storage, { hash, size, type, name }: Content, shared = false): Promise<FastifyReply> {
  const etag = `"${hash.slice(0, 32)}"`
  reply.headers({
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Content-Disposition': disposition(SHOWN_TYPES.includes(type) ? 'inline' : 'attachment', name),
    'Cache-Control': shared ? 'public, max-age=31536000, immutable' : 'private, no-cache',
    ETag: etag,
    'Accept-Ranges': 'bytes'
  })
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()

  const { range, 'if-range': condition } = request.headers
  const part = range && (!condition || condition === etag) ? readRange(range, size) : undefined
  if (part === null) return reply.code(416).header('Content-Range', `bytes */${size}`).send()
  if (part) reply.code(206).header('Content-Range', `bytes ${part.start}-${part.end}/${size}`)
  const stream = await storage.get(hash, part)
  return reply.type(type === 'text/plain' ? 'text/plain; charset=utf-8' : type).header('Content-Length', part ? part.end - part.start + 1 : size).send(stream)
}

/** The part that a Range header asks for; null when there is no such part, undefined when it is to be ignored (several parts, other units). */
export function readRange (header: string, size: number): Range | null | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < start) return undefined
  return start < size && start <= end ? { start, end } : null
}
