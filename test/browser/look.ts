import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import type { Desk } from '../support/desk.js'
import type { Sight } from './pages.js'

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const OF_COLOUR = ['color-contrast', 'link-in-text-block']
const WIDE = { width: 1366, height: 768 }
const NARROW = { width: 390, height: 844 }

interface Violation { id: string, nodes: { html: string, failureSummary?: string }[] }

/**
 * Looks at pages wide and narrow, light and dark: nothing may break axe-core's rules for WCAG 2.2 A and AA, and nothing may
 * stand out sideways. PICTURES=<folder> keeps a picture of each look.
 */
export async function lookAt (t: Test, desk: Desk, sights: Sight[]): Promise<void> {
  for (const sight of sights) {
    const { as = 'anna', plain } = sight
    const { page } = await desk.enter(as && desk[as], { viewport: WIDE })
    if (plain) await page.route('**/app.*.js', route => route.abort()) // not as JavaScript switched off: axe-core is some
    t.same(await look(page, sight), [], sight.name)
    await page.context().close()
  }
}

export async function look (page: Page, { name, path, prepare, without = [] }: Sight): Promise<string[]> {
  const problems: string[] = []
  await page.goto(path)
  await prepare?.(page)
  for (const [colorScheme, viewport] of [['light', WIDE], ['light', NARROW], ['dark', NARROW], ['dark', WIDE]] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const where = `${colorScheme}, ${viewport.width} wide`
    const found = await violations(page, colorScheme === 'light' ? WCAG : OF_COLOUR)
    for (const { id, nodes } of found.filter(({ id }) => !without.includes(id))) {
      problems.push(...nodes.map(node => `${where}: ${id}: ${node.html.slice(0, 200)}: ${node.failureSummary?.split('\n')[1]?.trim()}`))
    }
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (excess > 0) problems.push(`${where}: ${excess} px too wide`)
    const outside = await page.evaluate(() => [...document.querySelectorAll('.menu[open] > div')].filter(menu => menu.getBoundingClientRect().left < 0).length)
    if (outside > 0) problems.push(`${where}: an open menu stands out at the left`)
    if (process.env.PICTURES) await keepPicture(page, `${name}-${colorScheme}-${viewport.width}`)
  }
  return problems
}

// AxeBuilder lays axe-core into the page anew for each look and has it tell of everything that is right, too: half of the time.
async function violations (page: Page, runOnly: string[]): Promise<Violation[]> {
  const options = { runOnly, resultTypes: ['violations'], preload: false }
  if (await page.evaluate(() => 'axe' in window)) return page.evaluate(async options => (await (window as any).axe.run(options)).violations, options)
  const results = await new AxeBuilder({ page }).setLegacyMode().options(options as {}).analyze()
  return results.violations
}

async function keepPicture (page: Page, name: string): Promise<void> {
  await mkdir(process.env.PICTURES!, { recursive: true })
  await page.screenshot({ path: join(process.env.PICTURES!, `${name}.png`), fullPage: true })
}
