import type { FastifyInstance } from 'fastify'
import sharp from 'sharp'
import type { Answer, Ask, Visitor } from './cast.js'

export interface Sent { name: string, content: string | Buffer, type?: string }

/** Sends a form with files as a browser does: its fields first, then the files of the field `files`. */
export async function upload (app: FastifyInstance, visitor: Visitor, path: string, fields: Record<string, string | string[]>, files: Sent[], { fragment, headers }: Ask = {}): Promise<Answer> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
  for (const { name, content, type } of files) form.append('files', new File([content as string], name, { type: type ?? '' }))
  if (files.length === 0) form.append('files', new File([], ''))
  const encoded = new Response(form)
  const response = await app.inject({
    method: 'POST',
    url: path,
    payload: Buffer.from(await encoded.arrayBuffer()),
    headers: { 'content-type': encoded.headers.get('content-type')!, 'sec-fetch-site': 'same-origin', host: 'localhost:3000', ...(visitor.cookie && { cookie: visitor.cookie }), ...(fragment && { 'hx-request': 'true', 'hx-request-type': 'partial' }), ...headers }
  })
  const { body } = response
  return { status: response.statusCode, body, headers: response.headers, location: response.headers.location as string | undefined, error: field => new RegExp(`id="${field}-error"[^>]*>([^<]*)<`).exec(body)?.[1] ?? '' }
}

/** A picture of one colour. */
export const picture = (colour: string, { width = 60, height = 40, type = 'jpeg' as 'jpeg' | 'png' | 'webp' | 'gif' } = {}): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: colour } }).toFormat(type).toBuffer()

/** A photograph as a telephone makes it: lying on its side (EXIF orientation 6), with the place where it was taken and the telephone's name. */
export const photograph = (): Promise<Buffer> =>
  sharp({ create: { width: 60, height: 40, channels: 3, background: 'tan' } })
    .withExif({ IFD0: { Make: 'Telefon', Model: 'Aparat 9' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 6/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '17/1 2/1 0/1' } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="51,6N"/></rdf:RDF></x:xmpmeta>')
    .jpeg().toBuffer()

/** The head of a PNG that says it is bigger than anything could unpack. */
export function hugePng (width = 40_000, height = 40_000): Buffer {
  const head = Buffer.alloc(25)
  head.writeUInt32BE(13)
  head.write('IHDR', 4)
  head.writeUInt32BE(width, 8)
  head.writeUInt32BE(height, 12)
  head.set([8, 2, 0, 0, 0], 16)
  head.writeUInt32BE(crc(head.subarray(4, 21)), 21)
  const data = Buffer.from('0000000049444154', 'hex')
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), head, data, Buffer.from('35af061e0000000049454e44ae426082', 'hex')])
}

function crc (bytes: Buffer): number {
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return ~sum >>> 0
}
