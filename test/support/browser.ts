import { chromium, type Browser, type BrowserContext, type Locator, type Page, type Request } from 'playwright-core'
import tap, { type Test } from 'tap'
import { findChromium } from './chromium.js'
import { until } from './until.js'

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
// Each page shown would get a frame of its own made, and the one before taken apart: a fifth of what it takes.
const OF_FRAMES = ['RenderDocument']
// Playwright switches these off, and of two such lists Chromium takes the last one alone.
const OF_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding',
  'ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'
]
const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--js-flags=--single-threaded', `--disable-features=${[...OF_PLAYWRIGHT, ...OF_THE_ADDRESS_BAR, ...OF_FRAMES].join(',')}`]
let launched: Promise<Browser> | undefined

/**
 * Opens the process's browser (shared by its tests, closed when their files end) and a page in it. Throws when there
 * is no Chromium; the run skips browser tests before it comes to that, unless CI is set.
 */
export async function openBrowser (t: Pick<Test, 'teardown'>, options: PageOptions = {}): Promise<OpenPage & { browser: Browser }> {
  return { browser: await theBrowser(), ...await newPage(t, options) }
}

/**
 * Opens another page as another person would: with cookies of its own, until `t` ends. To make one takes three times as long as most pages
 * take to load, so it may have served a test before: nothing of that is left but what the browser keeps of files for good. An init script
 * or an exposed function would stay as well; nothing asks for them so far.
 */
export async function newPage (t: Pick<Test, 'teardown'>, options: PageOptions = {}): Promise<OpenPage> {
  const { viewport = { width: 1280, height: 800 }, colorScheme = 'light' } = options
  const kind = JSON.stringify([options.javaScript, options.locale, options.baseURL])
  const there = left.findIndex(one => one.kind === kind)
  const window = there < 0 ? await openWindow(kind, options) : left.splice(there, 1)[0]!
  t.teardown(async () => {
    if (!await renew(window).catch(() => false)) return window.context.close()
    left.unshift(window)
    await Promise.all(left.splice(MOST_LEFT).map(({ context }) => context.close())) // of servers that are gone, mostly
  })
  await Promise.all([window.page.setViewportSize(viewport), window.page.emulateMedia({ colorScheme })])
  const problems: string[] = []
  window.problems = problems
  return { context: window.context, page: window.page, problems }
}

interface Window extends OpenPage { kind: string }
const left: Window[] = []
const MOST_LEFT = 6

async function openWindow (kind: string, { javaScript = true, locale = 'en-US', baseURL }: PageOptions): Promise<Window> {
  const context = await (await theBrowser()).newContext({
    javaScriptEnabled: javaScript,
    locale,
    ...(baseURL && { baseURL }),
    viewport: null, // pages get a size each; playwright would also give the window around them that size, and lay it out anew
    reducedMotion: 'reduce' // a test shall not wait for, or measure, half an animation
  })
  context.setDefaultTimeout(30_000) // a machine that also does other things takes its time
  const window: Window = { kind, context, page: await context.newPage(), problems: [] }
  watch(context, problem => window.problems.push(problem))
  await hideTabs(window)
  return window
}

// In each headless window a tab strip is painted, where something turns for as long as a page loads: a third of the browser's own time.
async function hideTabs ({ context, page }: Window): Promise<void> {
  const session = await context.newCDPSession(page)
  const { windowId } = await session.send('Browser.getWindowForTarget')
  await session.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'fullscreen' } })
  await session.detach()
}

const LISTENED = ['request', 'response', 'requestfinished', 'requestfailed', 'dialog', 'download', 'filechooser', 'popup', 'console', 'pageerror']

/** Makes a page as new. Returns false when it isn't: closed, or with a clock of its own. */
async function renew ({ context, page }: Window): Promise<boolean> {
  if (page.isClosed()) return false
  for (const event of LISTENED) page.removeAllListeners(event)
  page.on('dialog', dialog => void dialog.accept().catch(() => {})) // what was typed and not saved would keep it
  await Promise.all([...context.pages().filter(other => other !== page).map(other => other.close()), context.setOffline(false), context.unrouteAll(), page.unrouteAll()])
  const isOwnTime = await page.evaluate(() => {
    if (location.protocol !== 'about:') [localStorage, sessionStorage].forEach(storage => storage.clear())
    return Date.toString().includes('[native code]')
  })
  if (page.url() !== 'about:blank') await page.goto(new URL('/healthz', page.url()).href) // the site's process stays, which about:blank would end
  await context.clearCookies()
  page.removeAllListeners('dialog')
  return isOwnTime
}

/** Holds a page's requests to an address back, or those of them that `isHeld` picks. Returns what lets them go, and all that come later. */
export async function holdBack (page: Page, url: string, isHeld = (_request: Request): boolean => true): Promise<() => void> {
  let letGo = () => {}
  const held = new Promise<void>(resolve => { letGo = resolve })
  await page.route(url, async route => {
    if (isHeld(route.request())) await held
    await route.continue()
  })
  return letGo
}

/** Where something stands: what is being swapped is nowhere for a moment. */
export const boxOf = (locator: Locator): Promise<{ x: number, y: number, width: number, height: number }> => until(() => locator.boundingBox())

function theBrowser (): Promise<Browser> {
  launched ??= launch()
  return launched
}

async function launch (): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('No Chromium was found: install one, or name it with CHROMIUM=/path/to/it')
  const browser = await chromium.launch({ executablePath, args })
  browser.on('disconnected', () => { launched = undefined; left.length = 0 }) // after a crash the next test gets another one
  tap.after(() => browser.close())
  return browser
}

/**
 * Collects console errors (a breach of the content security policy is one), uncaught errors, requests that failed, answers of 500 and more,
 * and parts of a page answered with 400 and more. A page or a fetch may well answer 404 or 422: that is for the test to say.
 */
function watch (context: BrowserContext, tell: (problem: string) => void): void {
  context.on('console', message => {
    const isSeenBelow = /^(Failed to load resource|htmx: htmx:error: Failed to fetch)/.test(message.text()) // also when a page that is left breaks off what it fetches
    if (message.type() === 'error' && !isSeenBelow) tell(`console: ${message.text()}`)
  })
  context.on('weberror', thrown => tell(`error: ${thrown.error().message}`))
  context.on('requestfailed', request => {
    const reason = request.failure()?.errorText ?? 'failed'
    // Leaving a page aborts what it still loads, such as its stream of live events.
    if (reason !== 'net::ERR_ABORTED') tell(`request: ${request.url()} ${reason}`)
  })
  context.on('response', response => {
    const isPart = !['document', 'fetch', 'xhr'].includes(response.request().resourceType())
    if (response.status() >= (isPart ? 400 : 500)) tell(`answer: ${response.url()} ${response.status()}`)
  })
}
