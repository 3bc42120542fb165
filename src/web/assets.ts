import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import fastifyStatic from '@fastify/static'
import fp from 'fastify-plugin'
import { inRoot } from '../paths.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The address of a static file by its plain name ("app.css"), with the hash of what is in it. */
    asset (name: string): string
  }
}

const resolve = createRequire(import.meta.url).resolve
const built = inRoot('dist', 'assets')

// What publish() names a file; no other name gets as far as the disk.
const PUBLISHED = /^[\w-]+\.[\w-]{10}\.\w+$/

/**
 * Static files under names that change with their content, so a browser keeps each for ever and asks for none twice:
 * all of public/css as one app.css, htmx and all of public/js as one app.js, public/icons and public/modules (scripts that
 * one page alone needs, and loads as a module) as they are. Joined and compressed once, at the first start that meets the content.
 * What only the map's page needs, Leaflet, is map.css and map.js.
 */
export default fp(async app => {
  const names = await (published ??= publishAll())

  // Answered by the first hook of a scope of their own: files need no session, no right and no query.
  await app.register(async files => {
    await files.register(fastifyStatic, {
      root: built, serve: false, preCompressed: true, immutable: true, maxAge: '1y',
      setHeaders: reply => { reply.header('X-Content-Type-Options', 'nosniff') }
    })
    files.addHook<{ Params: { file?: string } }>('onRequest', async (request, reply) => PUBLISHED.test(request.params.file ?? '') ? reply.sendFile(request.params.file!) : undefined)
    files.get('/:file', { config: { public: true }, logLevel: 'warn' }, async (_request, reply) => reply.callNotFound())
    // Not the page that says so: it would need what the hooks of pages prepare.
    files.setNotFoundHandler(async (_request, reply) => reply.code(404).type('text/plain').header('X-Content-Type-Options', 'nosniff').send('Not found'))
  }, { prefix: '/assets' })
  app.decorate('asset', (name: string) => {
    const file = names.get(name)
    if (!file) throw new Error(`No static file ${name}`)
    return `/assets/${file}`
  })
}, { name: 'assets' })

// Once a process: a release's files don't change under it.
let published: Promise<Map<string, string>> | undefined

/** Publishes every file of the interface; gives each one's name with its hash by its own. */
async function publishAll (): Promise<Map<string, string>> {
  await mkdir(built, { recursive: true })
  const css = await joined('css', 'layers.css')
  const js = [await library('htmx.org/dist/htmx.min.js'), await library('htmx.org/dist/ext/hx-sse.min.js'), await joined('js')].join('\n;\n')
  const names = new Map([['app.css', await publish('app.css', css)], ['app.js', await publish('app.js', js)]])
  for (const [file, leaflet] of [['map.css', 'leaflet/dist/leaflet.css'], ['map.js', 'leaflet/dist/leaflet.js']] as const) {
    names.set(file, await publish(file, [await library(leaflet), await readFile(inRoot('public', 'map', file), 'utf8')].join('\n')))
  }
  for (const folder of ['icons', 'modules']) {
    for (const file of await readdir(inRoot('public', folder))) names.set(file, await publish(file, await readFile(inRoot('public', folder, file))))
  }
  return names
}

/** All files of a folder of public/ in the order of their names, `first` first. */
async function joined (folder: string, first?: string): Promise<string> {
  const files = (await readdir(inRoot('public', folder))).filter(file => file !== first).sort()
  const texts = await Promise.all([...(first ? [first] : []), ...files].map(file => readFile(inRoot('public', folder, file), 'utf8')))
  return texts.join(folder === 'js' ? '\n;\n' : '\n')
}

async function library (path: string): Promise<string> {
  const text = await readFile(resolve(path), 'utf8')
  return text.replace(/\n?\/\/# sourceMappingURL=.*$/m, '')
}

async function publish (name: string, content: string | Buffer): Promise<string> {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10)
  const dot = name.lastIndexOf('.')
  const file = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`
  if (!existsSync(join(built, `${file}.gz`))) {
    const body = Buffer.from(content)
    await write(file, body)
    await write(`${file}.br`, await promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    await write(`${file}.gz`, await promisify(gzip)(body, { level: 9 }))
  }
  return file
}

// Two processes may start at once: each writes its own file and moves it into place.
async function write (file: string, body: Buffer): Promise<void> {
  const temporary = join(built, `${file}.${process.pid}.tmp`)
  await writeFile(temporary, body)
  await rename(temporary, join(built, file))
}
