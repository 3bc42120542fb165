import { addClient, formOf } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import { lookAtBatch } from '../../../src/clients/duplicates/look.js'
import type { Sight } from '../pages.js'

/** Clients side by side, a merge that can be undone, and one that was. */
export async function mergingSights ({ db, as, anna }: Desk): Promise<Sight[]> {
  const ids: number[] = []
  for (const [n, surname] of ['Wiśniewski', 'Wisniewski', 'Wiśniewski-Brzęczyszczykiewicz', 'Wiśniewska'].entries()) {
    ids.push(await addClient(db, anna, { first_name: 'Bartłomiej', surname, address: 'Świdnicka 5, Wrocław', phones: [{ number: '608 200 300', on: n === 1 ? ['sms', 'viber'] : [] }, `608 200 40${n}`], emails: [`bartek${n % 2}@poczta.example`], tags: ['VIP', `Tag ${n}`], discount_services: n * 5, is_conflicted: n === 2, conflict_reason: n === 2 ? 'refuses to pay for diagnostics' : '', note: ['Prefers Viber.', 'Call only after 17:00.\nHas two bicycles, of which one is for sale.', '', ''][n]!, archived: n === 3 }))
  }
  const pairs: number[] = []
  for (const n of [0, 1]) pairs.push(await addClient(db, anna, { surname: `Para ${n}`, phones: [`609 200 30${n}`] }), await addClient(db, anna, { surname: `Para ${n}a`, note: 'x' }))
  const merge = async (some: number[]) => {
    const { body } = await as(anna).get(`/clients/merge?ids=${some.join(',')}`)
    await as(anna).post('/clients/merge', { ...formOf(body, '/clients/merge'), survivor: some[0] })
    return (await db('client_merges').max('id as id').first())!.id as number
  }
  const [there, undone] = [await merge(pairs.slice(0, 2)), await merge(pairs.slice(2))]
  await as(anna).post(`/clients/${pairs[2]}/parts/note`, { note: 'changed since' })
  await as(anna).post(`/clients/merges/${undone}/undo`)
  while (await lookAtBatch(db));
  await as(anna).post('/clients/duplicates/dismiss', { id: ids.slice(1, 3) })
  return [
    { name: 'duplicates', route: '/clients/duplicates', path: '/clients/duplicates' },
    { name: 'duplicates-dismissed', route: '/clients/duplicates/dismissed', path: '/clients/duplicates/dismissed' },
    { name: 'duplicates-none', route: '/clients/duplicates', path: '/clients/duplicates?reason=company&least=certain' },
    { name: 'client-twin', route: '/clients/:id', path: `/clients/${ids[0]}` },
    { name: 'client-data', route: '/clients/:id/data', path: `/clients/${ids[0]}/data`, prepare: async page => { await page.fill('[name=name]', 'Somebody else'); await page.click('#erase .danger'); await page.waitForSelector('.error') } },
    { name: 'client-data-manager', route: '/clients/:id/data', path: `/clients/${pairs[0]}/data` },
    { name: 'merge', route: '/clients/merge', path: `/clients/merge?ids=${ids.join(',')}` },
    { name: 'merge-none', route: '/clients/merge', path: '/clients/merge' },
    { name: 'merged', route: '/clients/merges/:merge', path: `/clients/merges/${there}` },
    { name: 'merge-undone', route: '/clients/merges/:merge', path: `/clients/merges/${undone}` },
    { name: 'client-merged', route: '/clients/:id', path: `/clients/${pairs[0]}` }
  ]
}
