import type { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import type { FastifyRequest } from 'fastify'
import { BrokenOff } from './errors.js'
import type { Body } from './form.js'

/** A field of a form that was sent and didn't arrive where it was going: for a hidden input, or, null, for one to type a secret into again. */
export type SentField = [name: string, value: string | null]

/** Of one upload: bytes of a field, and fields and files; what a browser's form never comes near. */
export const LIMITS_OF_PARTS = { fieldSize: 64 * 1024, parts: 300 }

// What is typed into boxes of type password in our forms, and a key that is pasted; no field of a company's own is called so, these begin with "own.".
const SECRET = /^(?:\w*password|secret|secret_\w+|hook_secret|auth_token|api_key|pem|recovery)$/

/** Whether a field of our forms is for a secret, which no page that comes back brings along. */
export const isSecret = (name: string): boolean => SECRET.test(name)

/** A body with null for each secret that was typed. */
export function withoutSecrets (body: unknown): Record<string, unknown> {
  const sent = Object.entries(body ?? {})
  // A code beside one's password is that of the second step, or one for recovery.
  const isCode = (name: string) => name === 'code' && sent.some(([name]) => name === 'current_password')
  return Object.fromEntries(sent.map(([name, value]) => [name, (isSecret(name) || isCode(name)) && value !== '' ? null : value]))
}

/** The fields of a body, or of one without its secrets. */
export function fieldsOf (body: unknown): SentField[] {
  return Object.entries(withoutSecrets(body))
    .flatMap(([name, value]) => [value].flat().map((one: unknown) => [name, one]))
    .filter((pair): pair is SentField => typeof pair[1] === 'string' || pair[1] === null)
}

/**
 * The fields of a form of ours, also where the request failed before its body was read: a session could not be looked up, a right was missing. The files
 * of one have to be chosen again. None for other kinds of bodies, and for one above the route's limit.
 */
export async function readSent (request: FastifyRequest): Promise<SentField[]> {
  const { body, raw, headers, routeOptions } = request
  if (body !== undefined && body !== null) return fieldsOf(body)
  if (raw.readableDidRead) return []
  const type = headers['content-type'] ?? ''
  if (type.startsWith('multipart/form-data')) request.body = await readWords(request)
  else if (type.startsWith('application/x-www-form-urlencoded')) request.body = parsed(await readText(raw, routeOptions.bodyLimit ?? 0))
  return fieldsOf(request.body)
}

function parsed (text: string): Body {
  const body: Body = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) addField(body, name, value)
  return body
}

/**
 * The words of a form with files up to its first file, of one that can't be accepted; `had_files` says that there was one. What follows is read and
 * thrown away: the browser listens to no answer before. Throws BrokenOff when it is no form.
 */
export async function readWords ({ raw, headers }: FastifyRequest): Promise<Body> {
  const body: Body = Object.create(null)
  try {
    const parts = new Busboy({ headers: headers as BusboyHeaders, limits: LIMITS_OF_PARTS })
    await new Promise<void>((resolve, reject) => {
      parts.on('field', (name, value) => addField(body, name, value))
      parts.on('file', (_field, file, name) => {
        file.resume()
        if (!name) return // a box in which nothing was chosen
        body.had_files = '1'
        resolve()
      })
      parts.on('finish', resolve).on('error', reject)
      raw.once('close', () => { if (!raw.readableEnded) reject(new Error('cut short')) })
      raw.pipe(parts)
    })
    return body
  } catch {
    throw new BrokenOff()
  } finally {
    drain(raw)
  }
}

/** Lets go by what is left of a request. */
export function drain (raw: Readable): void {
  raw.unpipe()
  raw.resume()
}

/** Adds a field to a body: several of one name are a list. */
export function addField (body: Body, name: string, value: string): void {
  const before = body[name]
  body[name] = before === undefined ? value : [before, value].flat()
}

/** A body as text; nothing when it is above `most` bytes. */
async function readText (raw: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of raw) {
    size += chunk.length
    if (size > most) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
