import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import tap, { type Test } from 'tap'
import { findChromium } from './chromium.js'

export interface PageOptions {
  javaScript?: boolean
  viewport?: { width: number, height: number }
  colorScheme?: 'light' | 'dark'
  locale?: string
  /** Where paths such as "/clients" lead. */
  baseURL?: string
}

/** A page in a context of its own, that is a person with their own cookies. `problems` holds what went wrong in it so far. */
export interface OpenPage { context: BrowserContext, page: Page, problems: string[] }

// Each window lays two pages of the address bar's own into a process, which no headless window shows: half of Chromium's time.
const OF_THE_ADDRESS_BAR = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup']
// Playwright switches these off, and of two such lists Chromium takes the last one alone.
const OF_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding',
  'ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'
]
const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--js-flags=--single-threaded', `--disable-features=${[...OF_PLAYWRIGHT, ...OF_THE_ADDRESS_BAR].join(',')}`]
let launched: Promise<Browser> | undefined

/**
 * Opens the process's browser (shared by its tests, closed when their files end) and a page in it. Throws when there
 * is no Chromium; the run skips browser tests before it comes to that, unless CI is set.
 */
export async function openBrowser (t: Pick<Test, 'teardown'>, options: PageOptions = {}): Promise<OpenPage & { browser: Browser }> {
  return { browser: await theBrowser(), ...await newPage(t, options) }
}

/** Opens another page as another person would: its own context, closed when `t` ends. */
export async function newPage (t: Pick<Test, 'teardown'>, options: PageOptions = {}): Promise<OpenPage> {
  const { javaScript = true, viewport = { width: 1280, height: 800 }, colorScheme = 'light', locale = 'en-US', baseURL } = options
  const context = await (await theBrowser()).newContext({
    javaScriptEnabled: javaScript,
    viewport,
    colorScheme,
    locale,
    ...(baseURL && { baseURL }),
    reducedMotion: 'reduce' // a test shall not wait for, or measure, half an animation
  })
  t.teardown(() => context.close())
  context.setDefaultTimeout(30_000) // a machine that also does other things takes its time
  return { context, problems: watch(context), page: await context.newPage() }
}

function theBrowser (): Promise<Browser> {
  launched ??= launch()
  return launched
}

async function launch (): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('No Chromium was found: install one, or name it with CHROMIUM=/path/to/it')
  const browser = await chromium.launch({ executablePath, args })
  browser.on('disconnected', () => { launched = undefined }) // after a crash the next test gets another one
  tap.teardown(() => browser.close())
  return browser
}

/**
 * Collects console errors (a breach of the content security policy is one), uncaught errors, requests that failed, answers of 500 and more,
 * and parts of a page answered with 400 and more. A page or a fetch may well answer 404 or 422: that is for the test to say.
 */
function watch (context: BrowserContext): string[] {
  const problems: string[] = []
  context.on('console', message => {
    const isSeenBelow = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isSeenBelow) problems.push(`console: ${message.text()}`)
  })
  context.on('weberror', thrown => { problems.push(`error: ${thrown.error().message}`) })
  context.on('requestfailed', request => {
    const reason = request.failure()?.errorText ?? 'failed'
    // Leaving a page aborts what it still loads, such as its stream of live events.
    if (reason !== 'net::ERR_ABORTED') problems.push(`request: ${request.url()} ${reason}`)
  })
  context.on('response', response => {
    const isPart = !['document', 'fetch', 'xhr'].includes(response.request().resourceType())
    if (response.status() >= (isPart ? 400 : 500)) problems.push(`answer: ${response.url()} ${response.status()}`)
  })
  return problems
}
