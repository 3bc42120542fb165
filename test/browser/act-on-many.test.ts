import type { Page } from 'playwright-core'
import t from 'tap'
import { openDesk } from '../support/desk.js'

const desk = await openDesk(t)
const { db, anna, enter } = desk
await db.raw("insert into clients (kind, first_name, surname, search_names) select 'person', 'Klient', to_char(n, 'FM000'), 'klient' from generate_series(1, 60) n")
const tagged = async (tag: string) => db('client_tags').join('tags', 'tags.id', 'tag_id').join('clients', 'clients.id', 'client_id').where({ 'tags.name': tag }).orderBy('clients.id').pluck('surname')

const box = (page: Page, number: string) => page.getByRole('checkbox', { name: `Klient ${number}` })
const selected = (page: Page, count: number) => page.locator('#selection', { hasText: `${count} selected` }).waitFor()

t.test('ticked over two pages and a search, tagged, and taken back', async t => {
  const { page, problems } = await enter(anna)
  await page.goto('/clients')
  await box(page, '001').click()
  await selected(page, 1)
  await box(page, '003').click({ modifiers: ['Shift'] })
  await selected(page, 3)
  await page.getByRole('link', { name: 'Next' }).click()
  await box(page, '051').click()
  await selected(page, 4)
  await page.fill('[type=search]', '060')
  await page.locator('#list tbody tr').nth(1).waitFor({ state: 'detached' })
  await page.getByRole('checkbox', { name: 'All on this page' }).check()
  await selected(page, 5)
  await page.goto('/clients')
  t.ok(await box(page, '002').isChecked())

  await page.getByRole('link', { name: 'Add tags' }).click()
  t.ok(await page.getByRole('radio', { name: 'The 5 clients selected' }).isChecked())
  await page.fill('[name=tag]', 'Autumn')
  await page.press('[name=tag]', 'Enter')
  await page.locator('#tag-chips .chip').waitFor()
  await page.getByRole('button', { name: 'Add tags' }).click()
  await page.locator('.outcome').getByText('5 clients changed').waitFor()
  t.same(await tagged('Autumn'), ['001', '002', '003', '051', '060'])

  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Undone: Add tags' }).waitFor()
  await page.locator('.outcome').getByText('5 clients changed').waitFor()
  t.same(await tagged('Autumn'), [])
  t.same(problems, [])
})

t.test('the same without JavaScript', async t => {
  const { page } = await enter(anna, { javaScript: false })
  await page.goto('/clients')
  await box(page, '001').check()
  await box(page, '002').check()
  await page.getByRole('button', { name: 'Keep, and next page' }).click()
  await box(page, '051').check()
  await page.getByRole('button', { name: 'Keep what is ticked' }).click()
  await selected(page, 3)
  await page.fill('[type=search]', '060')
  await page.press('[type=search]', 'Enter')
  await box(page, '060').check()
  await page.getByRole('button', { name: 'Keep what is ticked' }).click()
  await selected(page, 4)

  await page.getByRole('link', { name: 'Add tags' }).click()
  await page.fill('[name=tag]', 'Winter')
  await page.getByRole('button', { name: 'Add tags' }).click()
  await page.locator('.outcome').getByText('4 clients changed').waitFor() // the page looks again by itself
  t.same(await tagged('Winter'), ['001', '002', '051', '060'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Undone: Add tags' }).waitFor()
  await page.locator('.outcome').getByText('4 clients changed').waitFor()
  t.same(await tagged('Winter'), [])
})
