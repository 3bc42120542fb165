import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { queueMessages } from '../../src/messages/queue.js'
import type { Db } from '../../src/database/knex.js'

const GOAL = { rate: 500, beside: 1.5, conversation: 1.5 }
const AT_ONCE = 1000

/**
 * Queues messages to many for a gateway on this machine that takes each at once, and measures how fast they leave, how long the list of
 * clients takes alone and meanwhile; then how long a conversation of 10,000 messages takes beside one of ten.
 */
export async function benchMessages (db: Db, { port, cookie, by }: { port: number, cookie: string, by: number }, count: number): Promise<void> {
  const gateway = await takesAll()
  const [{ id: gatewayId }] = await db('gateways').insert({ adapter: 'http', name: 'Bench', settings: JSON.stringify({ url: `http://127.0.0.1:${gateway.port}/`, method: 'POST', body_kind: 'json', body: '{"to": "{{to}}", "text": "{{text}}"}', id_path: 'id' }) }).returning('id')
  await db('channel_gateways').where({ channel: 'sms' }).update({ gateway_id: gatewayId, sender: 'Bench' })
  const phones: { id: number, client_id: number }[] = await db('client_phones as p').join('clients as c', 'c.id', 'p.client_id').whereNull('c.archived_at').where({ sms: true, removed_at: null }).whereNotNull('e164').orderBy('p.id').select('p.id', 'client_id')

  const list = await times(`http://127.0.0.1:${port}/clients`, cookie, 40, 100)
  const { last = 0 } = await db('messages').max('id as last').first() ?? {}
  const begun = performance.now()
  for (let from = 0; from < count; from += AT_ONCE) {
    await db.transaction(trx => queueMessages(trx, { id: by }, Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => {
      const phone = phones[(from + n) % phones.length]!
      return { channel: 'sms' as const, clientId: phone.client_id, to: { phoneId: phone.id }, text: `Your bicycle is ready. ${from + n}`, cause: 'many' as const }
    })))
  }
  const queued = performance.now()
  const first = gateway.taken()
  const left = async () => Number((await db.raw("select count(*) as n from messages where state in ('due', 'sending')")).rows[0].n)
  const meanwhile = await times(`http://127.0.0.1:${port}/clients`, cookie, 40, 100)
  while (await left() > 0) await wait(500)
  const seconds = (performance.now() - queued) / 1000
  const rate = (gateway.taken() - first) / seconds
  const { rows: [{ wrong }] } = await db.raw("select count(*) filter (where state <> 'sent')::int as wrong from messages where id > ?", [last ?? 0])
  const slower = meanwhile.middle / list.middle
  console.log(`\n${count.toLocaleString('en')} messages queued in ${((queued - begun) / 1000).toFixed(1)} s, and sent at ${rate.toFixed(0)} a second${rate < GOAL.rate ? '   below the goal' : ''}; ${wrong} not sent, ${gateway.taken() - count} taken more than once`)
  console.log(`  the list of clients meanwhile: ${meanwhile.middle.toFixed(0)} ms, ${slower.toFixed(2)} times as long as alone (95 of 100: ${meanwhile.late.toFixed(0)} and ${list.late.toFixed(0)} ms)${slower > GOAL.beside ? '   above the goal' : ''}`)

  const [few, many] = [phones[0]!, phones.find(({ client_id: client }) => client !== phones[0]!.client_id)!]
  await db('channel_gateways').where({ channel: 'sms' }).update({ gateway_id: null })
  for (const [phone, n] of [[few, 10], [many, 10_000]] as const) {
    await db('messages').where({ client_id: phone.client_id }).delete()
    for (let done = 0; done < n; done += AT_ONCE) await db.transaction(trx => queueMessages(trx, { id: by }, Array.from({ length: Math.min(AT_ONCE, n) }, (_, one) => ({ channel: 'sms' as const, clientId: phone.client_id, to: { phoneId: phone.id }, text: `Number ${done + one}`, cause: 'many' as const, dueAt: new Date(Date.now() + 86_400_000) }))))
  }
  await db.raw('vacuum (analyze) messages')
  const conversation = (client: number) => times(`http://127.0.0.1:${port}/clients/${client}/conversation`, cookie, 40)
  await conversation(few.client_id)
  const [short, long] = [await conversation(few.client_id), await conversation(many.client_id)]
  const ratio = long.middle / short.middle
  console.log(`  a conversation of 10,000 messages opens in ${long.middle.toFixed(0)} ms, ${ratio.toFixed(2)} times as long as one of ten${ratio > GOAL.conversation ? '   above the goal' : ''}`)
  await gateway.close()
}

/** A gateway that takes everything and gives each a number. */
async function takesAll () {
  let taken = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(`{"id": "b-${++taken}"}`))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, taken: () => taken, close: () => new Promise<void>(resolve => { server.close(() => resolve()); server.closeAllConnections() }) }
}

/** Milliseconds of a page, asked for one after the other: the middle one, and that of 95 of 100. */
async function times (url: string, cookie: string, count: number, pause = 0): Promise<{ middle: number, late: number }> {
  const all: number[] = []
  for (let n = 0; n < count + 5; n++) {
    const begun = performance.now()
    const answer = await fetch(url, { headers: { cookie } })
    await answer.text()
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`)
    if (n >= 5) all.push(performance.now() - begun)
    if (pause > 0) await wait(pause)
  }
  const sorted = all.toSorted((a, b) => a - b)
  return { middle: sorted[Math.floor(sorted.length / 2)]!, late: sorted[Math.floor(sorted.length * 0.95)]! }
}
