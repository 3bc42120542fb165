import type { FastifyReply } from 'fastify'

// A letter is somebody's text: it may show itself, and open its links in a window of their own. No script, no picture from elsewhere.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"

/** Answers with the HTML of a letter, for a sandboxed frame of one of our pages. */
export function showLetter (reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store')
    .header('Content-Security-Policy', POLICY).header('X-Frame-Options', 'SAMEORIGIN').header('Referrer-Policy', 'no-referrer')
    .send(html.replace(/<head[^>]*>/i, '$&<base target="_blank">'))
}
