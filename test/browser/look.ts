import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { inRoot } from '../../src/paths.js'
import type { Desk } from '../support/desk.js'
import type { Sight } from './pages.js'

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const WIDE = { width: 1366, height: 768 }
const NARROW = { width: 390, height: 844 }
// Colours hang on the scheme alone and layouts on the width alone: two looks see all of both. Pictures are taken of all four.
const LOOKS: [Look, Look] = [{ viewport: WIDE, colorScheme: 'light' }, { viewport: NARROW, colorScheme: 'dark' }]
const PICTURED: Look[] = [{ viewport: NARROW, colorScheme: 'light' }, { viewport: WIDE, colorScheme: 'dark' }]

interface Look { viewport: { width: number, height: number }, colorScheme: 'light' | 'dark' }
interface Violation { id: string, nodes: { html: string, failureSummary?: string }[] }

/**
 * Looks at pages, wide in light and narrow in dark: nothing may break axe-core's rules for WCAG 2.2 A and AA, and nothing may
 * stand out sideways. As pages share their parts, axe-core, which takes longest, looks at one wide and at the next narrow; LOOKS=all
 * has it look at each twice. PICTURES=<folder> keeps a picture of each look.
 */
export async function lookAt (t: Test, desk: Desk, sights: Sight[]): Promise<void> {
  const pages = new Map<string, Page>()
  for (const [n, sight] of sights.entries()) {
    const { as = 'anna', plain = false, alone } = sight
    const who = `${as}, ${plain ? 'plain' : ''}`
    const page = (!alone && pages.get(who)) || (await desk.enter(as && desk[as])).page
    if (plain) await page.route('**/app.*.js', route => route.abort()) // not as JavaScript switched off: axe-core is some
    t.same(await look(page, sight, n), [], sight.name)
    if (!alone) pages.set(who, page)
  }
}

/** What is wrong with the `n`th of some pages: for each look and each part, a line. */
export async function look (page: Page, { name, path, loaded = false, prepare, without = [] }: Sight, n: number): Promise<string[]> {
  const problems: string[] = []
  const isAll = process.env.LOOKS === 'all' || process.env.PICTURES
  const inOrder = prepare || loaded || isAll || page.viewportSize()?.width !== NARROW.width ? LOOKS : LOOKS.toReversed() // a page that is narrow may stay so
  const looks = inOrder.map(look => ({ ...look, isExamined: process.env.LOOKS === 'all' || look === LOOKS[n % 2], ...(!isAll && { colorScheme: LOOKS[n % 2]!.colorScheme }) }))
  await show(page, looks[0]!)
  if (loaded || !await page.evaluate(() => 'axe' in window && 'htmx' in window && document.body.hasAttribute('hx-boost:inherited'))) await page.goto(path)
  else await follow(page, path)
  await prepare?.(page)
  for (const as of looks) {
    const { viewport, colorScheme, isExamined } = as
    await show(page, as)
    await page.evaluate(() => scrollTo(0, 0)) // the bar that stays at the top covers whatever was scrolled under it
    const where = `${colorScheme}, ${viewport.width} wide`
    const found = isExamined ? await violations(page) : []
    for (const { id, nodes } of found.filter(({ id }) => !without.includes(id))) {
      problems.push(...nodes.map(node => `${where}: ${id}: ${node.html.slice(0, 200)}: ${node.failureSummary?.split('\n')[1]?.trim()}`))
    }
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (excess > 0) problems.push(`${where}: ${excess} px too wide`)
    const outside = await page.evaluate(() => [...document.querySelectorAll('.menu[open] > div')].filter(menu => menu.getBoundingClientRect().left < 0).length)
    if (outside > 0) problems.push(`${where}: an open menu stands out at the left`)
    if (process.env.PICTURES) await keepPicture(page, name, as)
  }
  for (const as of process.env.PICTURES ? PICTURED : []) {
    await show(page, as)
    await keepPicture(page, name, as)
  }
  return problems
}

/** Goes on as a link of the page does, which keeps its scripts: axe-core, once in use, is twice as fast as in a page just loaded. */
async function follow (page: Page, path: string): Promise<void> {
  await page.evaluate(async path => {
    const link = Object.assign(document.createElement('a'), { href: path })
    document.body.append(link)
    ;(window as unknown as { htmx: { process (element: Element): void } }).htmx.process(link)
    const shown = new Promise<void>(resolve => {
      const see = () => { // a part of the page that is left may be swapped first
        if (link.isConnected) return
        document.removeEventListener('htmx:after:swap', see)
        resolve()
      }
      document.addEventListener('htmx:after:swap', see)
    })
    link.click()
    await shown
  }, path)
}

async function show (page: Page, { viewport, colorScheme }: Look): Promise<void> {
  await Promise.all([page.setViewportSize(viewport), page.emulateMedia({ colorScheme })])
}

// AxeBuilder would lay axe-core into the page twice for each look, and have it tell of everything that is right: half of the time.
// As a file it is compiled once a browser, and not for each page.
async function violations (page: Page): Promise<Violation[]> {
  if (!await page.evaluate(() => 'axe' in window)) await page.addScriptTag({ url: `/assets/${await (published ??= publishAxe())}` })
  const options = { runOnly: WCAG, resultTypes: ['violations'], preload: false }
  const results = await new AxeBuilder({ page, axeSource: '0' }).setLegacyMode().options(options as {}).analyze()
  return results.violations
}

let published: Promise<string> | undefined

/** Lays axe-core among the static files, which the page's content security policy allows; gives its name there. */
async function publishAxe (): Promise<string> {
  const source = process.env.LOOKS === 'all' ? axe.source : `${axe.source};(${seeContrastsOnce})()`
  const name = `axe.${createHash('sha256').update(source).digest('base64url').slice(0, 10)}.js`
  await writeFile(inRoot('dist', 'assets', name), source)
  return name
}

interface Rule { id: string, matches (element: Element, ...more: unknown[]): boolean }

/**
 * Runs in the page, once axe-core is there. Half of axe-core's time goes into contrasts, and most pages have the same: it shall pass over text
 * whose colours and size, and those of everything around it, it has seen already since the page was loaded.
 */
function seeContrastsOnce (): void {
  const rule = (window as unknown as { axe: { _audit: { rules: Rule[] } } }).axe._audit.rules.find(({ id }) => id === 'color-contrast')!
  const { matches } = rule
  const around = new Map<string, number>()
  const seen = new Set<string>()
  let numbers: Map<Element, number> | undefined
  const numberOf = (element: Element | null): number => {
    if (!element) return 0
    if (!numbers) {
      numbers = new Map()
      setTimeout(() => { numbers = undefined }) // by the next look it has other colours
    }
    const known = numbers.get(element)
    if (known) return known
    const { backgroundColor, backgroundImage, opacity, position, zIndex, filter, mixBlendMode } = getComputedStyle(element)
    const key = [numberOf(element.parentElement), backgroundColor, backgroundImage, opacity, position, zIndex, filter, mixBlendMode].join()
    if (!around.has(key)) around.set(key, around.size + 1)
    numbers.set(element, around.get(key)!)
    return around.get(key)!
  }
  rule.matches = function (element, ...more) {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element)
    const key = [numberOf(element), color, fontSize, fontWeight, textShadow, element.localName, element.getAttribute('type'), element.getAttribute('aria-disabled'), element.matches(':disabled')].join()
    if (seen.has(key) || !matches.call(this, element, ...more)) return false
    seen.add(key)
    return true
  }
}

async function keepPicture (page: Page, name: string, { viewport, colorScheme }: Look): Promise<void> {
  await mkdir(process.env.PICTURES!, { recursive: true })
  await page.screenshot({ path: join(process.env.PICTURES!, `${name}-${colorScheme}-${viewport.width}.png`), fullPage: true })
}
