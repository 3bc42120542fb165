import t from 'tap'
import type { Route } from 'playwright-core'
import { holdBack } from '../support/browser.js'
import { openDesk } from '../support/desk.js'
import { picture } from '../support/upload.js'

const image = async (name: string, colour: string) => ({ name, mimeType: 'image/jpeg', buffer: await picture(colour, { width: 800, height: 600 }) })
const svg = { name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>') }

t.test('three pictures are attached while one writes; the one that isn\'t taken says why; one is removed and put back', async t => {
  const { enter, sofia, client, db } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, context, problems } = await enter(sofia)
  await page.goto(`/clients/${id}`)
  await page.waitForSelector('.uploads .attach')
  await page.fill('#write [name=body]', 'Before the repair')
  await page.setInputFiles('#attach', [await image('left.jpg', 'red'), svg, await image('right.jpg', 'teal')])
  await page.waitForSelector('#sent .refused .error')
  await page.waitForFunction(() => document.querySelectorAll('#sent img').length === 2 && !document.querySelector('#sent [data-busy]'))
  t.match(await page.textContent('#sent .refused'), /logo\.svg[^]*SVG/)
  await page.click('#sent .refused button')
  t.equal(await page.locator('#sent li').count(), 2)

  // Dropped onto the feed; and the entry that is sent meanwhile waits for it.
  const letGo = await holdBack(page, '**/uploads')
  const bytes = [...(await image('top.jpg', 'tan')).buffer]
  await page.locator('.feed-card').evaluate((card, bytes) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([new Uint8Array(bytes)], 'top.jpg', { type: 'image/jpeg' }))
    for (const kind of ['dragover', 'drop']) card.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }))
  }, bytes)
  await page.click('#write .send')
  await page.waitForSelector('#write .later:not([hidden])')
  t.equal((await db('events').where({ kind: 'files.added' })).length, 0)
  const [asked] = await Promise.all([
    page.waitForEvent('dialog').then(async dialog => {
      await dialog.dismiss()
      return dialog.type()
    }),
    page.click('.side a[href="/clients"]')
  ])
  t.equal(asked, 'beforeunload', 'who leaves meanwhile is asked')
  letGo()
  await page.waitForSelector('.pictures li:nth-child(3)')
  t.equal(await page.inputValue('#write [name=body]'), '', 'the form is ready for the next')
  t.match(await page.textContent('#events'), /Before the repair/)
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.pictures img')].every(img => img.naturalWidth > 0))

  const [opened] = await Promise.all([context.waitForEvent('page'), page.click('.pictures a >> nth=0')])
  await opened.waitForLoadState()
  t.match(opened.url(), /left\.jpg$/)
  await opened.close()
  await page.click('.pictures form button >> nth=0')
  await page.waitForFunction(() => document.querySelectorAll('.pictures li').length === 2)
  await page.click('.event .quiet .linklike')
  await page.waitForFunction(() => document.querySelectorAll('.pictures li').length === 3)

  // A connection that is lost: the entry doesn't go without the file, which is tried again with it.
  const lose = (route: Route) => route.abort('internetdisconnected')
  await page.route('**/uploads', lose)
  await page.fill('#write [name=body]', 'From the cellar')
  await page.setInputFiles('#attach', [await image('cellar.jpg', 'olive')])
  await page.waitForSelector('#sent .again:not([hidden])')
  await page.click('#write .send')
  await page.waitForFunction(() => !document.querySelector('#sent [data-busy]') && document.querySelector<HTMLElement>('#sent .again')?.hidden === false)
  t.equal(await page.inputValue('#write [name=body]'), 'From the cellar')
  t.equal(await page.locator('#sent .refused').count(), 1)
  await page.unroute('**/uploads', lose)
  await page.click('#write .send')
  await page.waitForSelector('.event:has-text("From the cellar") .pictures li')
  t.same(problems.splice(0).filter(problem => !problem.includes('ERR_INTERNET_DISCONNECTED')), [])

  await context.clearCookies()
  await page.fill('#write [name=body]', 'After it')
  await page.setInputFiles('#attach', [await image('after.jpg', 'navy')])
  await page.waitForSelector('#flash [name=password]')
  await page.waitForSelector('#sent .again:not([hidden])')
  t.equal(await page.inputValue('#write [name=body]'), 'After it', 'who is signed out loses nothing')
  t.same(problems, [])
})

t.test('without JavaScript three pictures and a bad file are sent at once: the good ones stay, and go with the next press', async t => {
  const { enter, sofia, client } = await openDesk(t)
  const id = await client({ surname: 'Żółć' })
  const { page, problems } = await enter(sofia, { javaScript: false })
  await page.goto(`/clients/${id}`)
  await page.fill('#write [name=body]', 'Before the repair')
  await page.setInputFiles('#attach', [await image('left.jpg', 'red'), await image('right.jpg', 'teal'), svg, await image('top.jpg', 'tan')])
  await page.click('#write .send')
  t.match(await page.textContent('#sent .refused'), /logo\.svg/)
  t.equal(await page.inputValue('#write [name=body]'), 'Before the repair')
  t.equal(await page.locator('#sent img').count(), 3)
  await page.click('#write .send')
  await page.waitForURL(`**/clients/${id}`)
  t.equal(await page.locator('.pictures li').count(), 3)
  await page.click('.pictures form button >> nth=1')
  t.equal(await page.locator('.pictures li').count(), 2)
  await page.click('#flash .linklike')
  t.equal(await page.locator('.pictures li').count(), 3)
  t.same(problems, [])
})
