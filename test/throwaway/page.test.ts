import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { newPage, openBrowser } from '../support/browser.js'

const server = createServer((request, response) => {
  if (request.url === '/missing.css') return response.writeHead(404).end()
  if (request.url === '/422') return response.writeHead(422, { 'content-type': 'text/html' }).end('<p>refused</p>')
  response.writeHead(200, { 'content-type': 'text/html', ...(request.url === '/csp' && { 'content-security-policy': "default-src 'self'" }) })
  if (request.url === '/bad') return response.end("<link rel=stylesheet href=/missing.css><script>console.error('oh'); nope()</script><img src=http://127.0.0.1:1/x.png>")
  response.end('<title>Hi</title><p id=p>plain</p><script>document.querySelector("p").textContent = "scripted"</script><a href=/422>go</a>')
}).listen(0, '127.0.0.1')
t.teardown(() => server.close())
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

t.test('a page with script', async t => {
  const { page, problems } = await openBrowser(t)
  await page.goto(url())
  t.equal(await page.textContent('#p'), 'scripted')
  await page.click('a')
  t.equal(await page.textContent('p'), 'refused')
  t.same(problems, [])
})
t.test('a page without script', async t => {
  const { page, problems } = await openBrowser(t, { javaScript: false, colorScheme: 'dark', locale: 'pl-PL', viewport: { width: 390, height: 844 } })
  await page.goto(url())
  t.equal(await page.textContent('#p'), 'plain')
  t.same(problems, [])
})
t.test('problems are seen', async t => {
  const { page, problems } = await openBrowser(t)
  await page.goto(url() + '/bad')
  await page.waitForTimeout(200)
  console.error(problems)
  t.equal(problems.length, 4)
  const other = await newPage(t)
  await other.page.goto(url() + '/csp')
  console.error(other.problems)
  t.equal(other.problems.length, 1)
})
