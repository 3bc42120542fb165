import { rm } from 'node:fs/promises'
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp'
import type { FieldError } from '../../web/form.js'
import { SHOWN_TYPES } from '../file.js'
import { measure, temporaryPath, type Spooled } from '../spool.js'

/** A picture as it is kept: drawn anew, so that nothing is in it but what is to be seen. */
export interface Picture { content: Spooled, width: number, height: number, thumbnail: Spooled | null }

/** Why a picture isn't kept, in words of the locales. */
export class PictureRefused extends Error {
  constructor (readonly said: FieldError) { super(said.key) }
}

// A photograph of the best telephones has 108. Most pictures pass line by line through some 100 MB of memory, however big they are.
const MEGAPIXELS = 110
// What can't be read or written line by line (progressive, interlaced, WebP, GIF) takes up to 8 bytes a pixel.
const MEGAPIXELS_AT_ONCE = 40
const THUMBNAIL = 320
const LOGO = 512

const READ = { failOn: 'error', limitInputPixels: MEGAPIXELS * 1e6 } as const satisfies SharpOptions
const INSIDE = { fit: 'inside', withoutEnlargement: true } as const

// libvips keeps operations for programs that repeat them, and takes every processor unless told.
sharp.cache(false)
sharp.concurrency(1)

/**
 * Draws an uploaded picture anew without the place and camera that telephones write into it (EXIF, XMP, IPTC) and whatever else
 * was hidden in the file; its colour profile and which side is up stay. With a small one (WebP) for lists.
 * Throws PictureRefused for one that can't be read, is damaged or has too many pixels: it is judged by its head, before
 * anything of it is unpacked.
 */
export async function redraw (path: string, type: string, folder: string): Promise<Picture> {
  // Nobody could promise of another kind (HEIC, TIFF, raw) that it says nothing of where it was taken.
  if (!SHOWN_TYPES.includes(type)) throw new PictureRefused({ key: 'files.picture_kind', values: { kind: type.replace(/^image\/(x-|vnd\.)?/, '').toUpperCase() } })
  const options = { ...READ, animated: type === 'image/gif' || type === 'image/webp' }
  const head = await readHead(path, options)
  return drawing(folder, async (whole, small) => {
    const { orientation = 1 } = head
    const picture = sharp(path, options).keepIccProfile()
    // Turning it takes the whole of it in memory; browsers turn it just as well.
    if (orientation > 1) picture.withExif({ IFD0: { Orientation: String(orientation) } })
    const info = await encode(picture, type).toFile(whole)
    await sharp(whole, READ).autoOrient().resize(THUMBNAIL, THUMBNAIL, INSIDE).webp({ quality: 76 }).toFile(small)
    const [width, height] = [info.width, info.pageHeight ?? info.height]
    return { content: await measure(whole), thumbnail: await measure(small), ...(orientation > 4 ? { width: height, height: width } : { width, height }) }
  })
}

/** Draws a logo anew as WebP, 512 pixels at most either way, with what is transparent in it. Throws PictureRefused as `redraw` does. */
export async function redrawLogo (path: string, type: string, folder: string): Promise<Picture> {
  if (!SHOWN_TYPES.includes(type)) throw new PictureRefused({ key: 'files.logo_kind' })
  await readHead(path, READ)
  return drawing(folder, async whole => {
    const { width, height } = await sharp(path, READ).autoOrient().resize(LOGO, LOGO, INSIDE).webp({ quality: 86 }).toFile(whole)
    return { content: await measure(whole), thumbnail: null, width, height }
  })
}

/** Gives the paths of two files to draw into; neither is left when that fails. */
async function drawing (folder: string, draw: (whole: string, small: string) => Promise<Picture>): Promise<Picture> {
  const paths = [await temporaryPath(folder), await temporaryPath(folder)] as const
  try {
    return await draw(...paths)
  } catch (error) {
    await Promise.all(paths.map(path => rm(path, { force: true })))
    if ((error as { code?: string }).code) throw error // the disk, not the picture
    throw broken()
  }
}

const broken = () => new PictureRefused({ key: 'files.picture_broken' })

async function readHead (path: string, options: SharpOptions): Promise<Metadata> {
  const head = await sharp(path, { ...options, limitInputPixels: false }).metadata().catch(() => { throw broken() })
  const max = head.isProgressive || head.format === 'webp' || head.format === 'gif' ? MEGAPIXELS_AT_ONCE : MEGAPIXELS
  if (head.width * head.height > max * 1e6) throw new PictureRefused({ key: 'files.picture_pixels', values: { width: head.width, height: head.pageHeight ?? head.height, max } })
  return head
}

function encode (picture: Sharp, type: string): Sharp {
  if (type === 'image/png') return picture.png({ compressionLevel: 6 })
  if (type === 'image/webp') return picture.webp({ quality: 90, effort: 2 })
  if (type === 'image/gif') return picture.gif({ effort: 3 })
  return picture.jpeg({ quality: 90, optimiseCoding: false }) // a better coding would hold all of it in memory
}
