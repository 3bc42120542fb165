import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Db } from '../../src/database/knex.js'
import { redraw } from '../../src/files/pictures/draw.js'
import { keepContent } from '../../src/files/queries.js'
import { spool } from '../../src/files/spool.js'
import type { Storage } from '../../src/files/storage/storage.js'

const CLIENTS = 24

interface Kept { name: string, type: string, size: number, width: number | null, height: number | null, content: string, thumbnail: string | null }

/** Gives some of the clients pictures and papers in their feeds: the last thing that happened to each of them. */
export async function attachFiles (db: Db, storage: Storage, until: Date): Promise<void> {
  const pictures = await Promise.all([['IMG_2041.jpg', 210, 900, 1200], ['IMG_2042.jpg', 32, 1200, 900], ['IMG_2043.jpg', 158, 1200, 900], ['20260314_101502.jpg', 275, 1000, 1000]].map(([name, hue, width, height]) => drawPicture(db, storage, name as string, hue as number, width as number, height as number)))
  const papers = await Promise.all([
    keepBytes(db, storage, 'Estimate 2026-118.pdf', 'application/pdf', pdf('Estimate 2026-118')),
    keepBytes(db, storage, 'Parts.csv', 'text/plain', Buffer.from('part;quantity;price\nchain;1;89.00\nbrake pads;2;34.50\n'))
  ])
  const clients: { id: number, at: Date, by: number, version: number }[] = await db('clients').whereNull('archived_at').whereNotNull('created_by')
    .orderByRaw('id % 7, name_key').limit(CLIENTS)
    .select('id', 'version', 'created_by as by', db.raw("least(active_at + interval '3 minutes', greatest(active_at, ?::timestamptz - interval '1 second')) as at", [until]))
  await db.transaction(async trx => {
    for (const [n, { id, at, by, version }] of clients.entries()) {
      const files = n % 3 === 2 ? [papers[n % 2]!] : pictures.slice(n % 2, n % 2 + 1 + n % 3).concat(n % 4 === 0 ? [papers[0]!] : [])
      const rows = await trx('files').insert(files.map((file, position) => ({ ...file, position, token: randomBytes(16).toString('base64url'), client_id: id, employee_id: by, created_at: at }))).returning(['id', 'name'])
      const [event] = await trx('events').insert({ client_id: id, kind: 'files.added', employee_id: by, at, version: version + 1, details: { files: rows } }).returning('id')
      await trx('files').where({ client_id: id }).update({ event_id: event.id })
      await trx('clients').where({ id }).update({ version: version + 1, active_at: at })
    }
  })
}

async function drawPicture (db: Db, storage: Storage, name: string, hue: number, width: number, height: number): Promise<Kept> {
  const { default: sharp } = await import('sharp')
  const wheel = (x: number) => `<circle cx="${x}" cy="62" r="20" fill="none" stroke="#222" stroke-width="3"/><circle cx="${x}" cy="62" r="3"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 100" width="${width}" height="${height}" preserveAspectRatio="xMidYMid slice"><rect x="-60" y="-60" width="240" height="220" fill="hsl(${hue},28%,78%)"/><rect x="-60" y="80" width="240" height="80" fill="hsl(${hue},14%,52%)"/>` +
    `${wheel(32)}${wheel(90)}<path d="M32 62 48 34h30L58 62ZM48 34l10 28M44 26h12M78 34l12 28M78 34l-3-10h9" fill="none" stroke="hsl(${hue},60%,34%)" stroke-width="4" stroke-linejoin="round"/></svg>`
  const drawn = await spool(Readable.from([await sharp(Buffer.from(svg)).jpeg().toBuffer()]), storage.temporary)
  const { content, thumbnail, ...size } = await redraw(drawn.path, 'image/jpeg', storage.temporary)
  await rm(drawn.path)
  for (const kept of [content, thumbnail!]) await keepContent({ db, storage }, kept)
  return { name, type: 'image/jpeg', size: content.size, width: size.width, height: size.height, content: content.hash, thumbnail: thumbnail!.hash }
}

async function keepBytes (db: Db, storage: Storage, name: string, type: string, bytes: Buffer): Promise<Kept> {
  const content = await spool(Readable.from([bytes]), storage.temporary)
  await keepContent({ db, storage }, content)
  return { name, type, size: content.size, width: null, height: null, content: content.hash, thumbnail: null }
}

/** A page with one line on it (ISO 32000-1). */
function pdf (line: string): Buffer {
  const objects = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>', stream(`BT /F 24 Tf 60 760 Td (${line}) Tj ET`), '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
  let file = '%PDF-1.4\n'
  const offsets = objects.map((object, i) => {
    const at = file.length
    file += `${i + 1} 0 obj${object}endobj\n`
    return at
  })
  const table = file.length
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map(at => `${String(at).padStart(10, '0')} 00000 n \n`).join('')}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${table}\n%%EOF\n`
  return Buffer.from(file, 'latin1')
}

const stream = (text: string) => `<</Length ${text.length}>>stream\n${text}\nendstream `
