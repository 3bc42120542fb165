import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { buildApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { openStore } from '../../src/database/store.js'
import { inRoot } from '../../src/paths.js'
import { DEMO_PASSWORD, seedDemo } from '../../seeds/demo.js'
import { findChromium } from '../support/chromium.js'

/*
 * npm run screenshots: the README's pictures, taken of the real pages with the demo shop in a database that is thrown away.
 */
const executablePath = findChromium()
if (!executablePath) throw new Error('Pictures need Chromium: install it, or name it with CHROMIUM=/path/to/chromium')

const directory = await mkdtemp(join(tmpdir(), 'clientela-pictures-'))
const config = readConfig({ LOG_LEVEL: 'silent', DATA_DIR: directory, PORT: '0' })
const store = await openStore(config)
await seedDemo(store.db, { clients: 2000 })
const app = await buildApp({ config, db: store.db, databaseUrl: store.url, secret: store.secret })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
try {
  await mkdir(inRoot('docs'), { recursive: true })
  const busy = await store.db('events').join('clients', 'clients.id', 'events.client_id').where('is_conflicted', true).whereNull('archived_at')
    .groupBy('client_id').orderByRaw('count(*) desc').first('client_id')
  await take(browser, 'clients', '/clients', { width: 1366, height: 768 }, 'light')
  await take(browser, 'profile', `/clients/${busy.client_id}`, { width: 1366, height: 900 }, 'light')
  await take(browser, 'profile-dark', `/clients/${busy.client_id}`, { width: 1366, height: 900 }, 'dark')
  await take(browser, 'phone', '/clients', { width: 390, height: 844 }, 'light')
  await take(browser, 'leads', '/leads', { width: 1366, height: 768 }, 'light')
  await take(browser, 'board', '/leads/board', { width: 1366, height: 768 }, 'light')
  await take(browser, 'roles', '/settings/roles', { width: 1366, height: 768 }, 'light')
} finally {
  await browser.close()
  await app.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
}

async function take (browser: Browser, name: string, path: string, viewport: { width: number, height: number }, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport, colorScheme })
  await page.goto(`${address}/sign-in?to=${encodeURIComponent(path)}`)
  await page.fill('[name=email]', 'anna@clientela.example')
  await page.fill('[name=password]', DEMO_PASSWORD)
  await page.click('button.primary')
  await page.waitForURL(`${address}${path}`)
  await page.waitForLoadState('load')
  if (await page.locator('.attach').count() > 0) await page.waitForSelector('.uploads') // its script comes behind the page
  await page.screenshot({ path: inRoot('docs', `${name}.png`) })
  await page.close()
  console.log(`docs/${name}.png`)
}
