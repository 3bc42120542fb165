import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(dirname(createRequire(import.meta.url).resolve('lucide-static/package.json')), 'icons')

/** Those that stand in many rows of a page: their shapes are in it once, at the end of each layout. */
const SHARED = ['phone', 'x', 'plus', 'message-square', 'external-link']

const BOX = 'viewBox="0 0 24 24"'
const shapes = new Map<string, string>()
const drawn = new Map<string, string>()

/**
 * A lucide icon as inline SVG, by its name at lucide.dev. With a title it says something by itself and a screen reader
 * reads it; without, it decorates words that stand beside it.
 */
export function icon (name: string, title?: string, flag = ''): string {
  const open = `<svg class="i${flag && ` ${flag}`}"`
  if (title) {
    const words = escape(title)
    return `${open} ${BOX} role="img" aria-label="${words}"><title>${words}</title>${shapeOf(name)}</svg>`
  }
  let svg = drawn.get(name + flag)
  if (!svg) drawn.set(name + flag, svg = SHARED.includes(name) ? `${open} aria-hidden="true"><use href="#i-${name}"/></svg>` : `${open} ${BOX} aria-hidden="true">${shapeOf(name)}</svg>`)
  return svg
}

function shapeOf (name: string): string {
  let shape = shapes.get(name)
  if (shape === undefined) {
    const svg = readFileSync(join(folder, `${name}.svg`), 'utf8')
    shape = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '').replaceAll(' />', '/>')
    shapes.set(name, shape)
  }
  return shape
}

export const sharedIcons = `<svg hidden>${SHARED.map(name => `<symbol id="i-${name}" ${BOX}>${shapeOf(name)}</symbol>`).join('')}</svg>`

const escape = (text: string) => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
