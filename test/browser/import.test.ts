import { readFile } from 'node:fs/promises'
import t from 'tap'
import type { Page } from 'playwright-core'
import { openDesk } from '../support/desk.js'

const FILE = 'Name,Phone,E-mail,Tags\nEwa Pierwsza,600 100 101,ewa@poczta.example,VIP\nFilip Drugi,600 100 102,filip(at)poczta.example,\n,600 100 103,,Fleet\n'

/** Chooses a file, has its rows checked as they are recognised, and waits for what would happen. */
async function bring (page: Page, name: string, content: string): Promise<void> {
  await page.goto('/imports')
  await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(content) })
  await page.click('.import-file .primary')
  await page.click('.import-match .primary')
  await page.waitForSelector('.tiles')
}

const tiles = async (page: Page) => (await page.locator('.tile b').allTextContents()).map(Number)
const press = async (page: Page, action: string, then: string) => {
  await page.click(`form[action$="/${action}"] button`)
  await page.waitForSelector(then)
}

for (const javaScriptEnabled of [true, false]) {
  t.test(`clients come from a file, errors are mended in theirs, and all is taken back${javaScriptEnabled ? '' : ' without JavaScript'}`, async t => {
    const desk = await openDesk(t)
    const { page } = await desk.enter(desk.anna, { javaScript: javaScriptEnabled })
    const names = () => desk.db('clients').whereNull('archived_at').orderBy('id').pluck('name')
    await bring(page, 'clients.csv', FILE)
    t.same(await tiles(page), [1, 0, 0, 0, 2], 'create, change, nothing new, skipped, wrong')
    if (javaScriptEnabled) await page.waitForSelector('#said:text("Nothing has been written yet")', { state: 'attached' }) // that it is checked, not its whole table
    t.equal(await page.locator('#import[aria-live]').count(), 0)
    t.match(await page.textContent('#rows'), /filip\(at\)poczta\.example/)
    t.same(await names(), [])
    await press(page, 'run', 'form[action$="/undo"]')
    t.same(await names(), ['Ewa Pierwsza'])

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href$="errors.csv"]')])
    const wrong = await readFile(await download.path(), 'utf8')
    const mended = wrong.replace('filip(at)', 'filip@').replace(/\n,600/, '\nGosia Trzecia,600')
    await bring(page, 'errors.csv', mended)
    t.same(await tiles(page), [2, 0, 0, 0, 0])
    await press(page, 'run', 'form[action$="/undo"]')
    t.same((await names()).sort(), ['Ewa Pierwsza', 'Filip Drugi', 'Gosia Trzecia'])
    await page.click('a[href^="/clients?import="]')
    await page.waitForSelector('table.clients')
    t.same((await page.locator('table.clients a.name').allTextContents()).sort(), ['Filip Drugi', 'Gosia Trzecia'])
    await page.goBack()
    await page.waitForSelector('.tiles')

    await press(page, 'undo', '.pill:has-text("Undone")')
    t.same(await names(), ['Ewa Pierwsza'])
  })
}
