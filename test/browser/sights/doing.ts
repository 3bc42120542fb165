import type { Page } from 'playwright-core'
import type { Desk } from '../../support/desk.js'

export const save = (page: Page) => page.click('.actions .primary >> nth=0')
export const open = (summary: string) => (page: Page) => page.click(summary)

/** Keeps a view of the clients for all; returns its id. */
export async function keepView ({ as, anna }: Desk, name: string): Promise<number> {
  const { location } = await as(anna).post('/clients/views', { name, query: 'show=people&columns=phone,own.frame_size', shared: '1' })
  return Number(location!.split('=')[1])
}

/** Fills in a form that is going to come back. */
export async function refused (page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value)
  await save(page)
  await page.waitForSelector('.error')
}

/** Sends a form whose session has ended. */
export async function loseSession (page: Page): Promise<void> {
  await page.fill('#surname', 'Nowak')
  await page.context().clearCookies()
  await save(page)
  await page.waitForSelector('[name=password]')
}

export const flashOf = (cookies: unknown) => String([cookies].flat()[0]).split(';')[0]
