import t, { type Test } from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addLead } from '../support/leads.js'
import { callOf, setWebhook, tellOf } from '../support/calls.js'
import { HttpVisitor } from '../support/http.js'
import { until } from '../support/until.js'

const shared = await cast(t)
const { app, db, as, anna, sofia, nuno, marek } = shared
await setWebhook(shared)
const joao = await addClient(db, anna, { first_name: 'João', surname: 'Conceição', phones: ['+351 211 234 567'], is_conflicted: true, conflict_reason: 'Refuses to pay' })
const hurt = await addClient(db, anna, { company_name: 'Części Hurt S.A.', is_supplier: true, phones: ['61 855 12 34'] })
const lead = await addLead(db, { manager: marek, phones: ['+351211234567'], urgent: true })
const tell = (message: object) => tellOf(app, message)
const cardsOf = async (person: typeof anna) => (await as(person).get('/calls/now', { fragment: true })).body

t.test('the card says who calls, with what is open, to each as their rights allow', async t => {
  await tell({ call_id: 'c1', state: 'ringing', caller: '+351 211 234 567' })
  const { id } = await callOf(db, 'c1')
  const card = await cardsOf(anna)
  t.match(card, /hx-target="#calls"/)
  t.match(card, new RegExp(`href="/clients/${joao}">João Conceição</a>[^]*Refuses to pay[^]*href="/leads/${lead.id}"`))
  t.match(card, /\+351 21 123 4567/)
  const sofias = await cardsOf(sofia)
  t.match(sofias, /João Conceição/)
  t.match(sofias, /\+351 •• ••• ••67/, 'masked for who may not see numbers')
  t.notMatch(sofias, /211 ?234|1234567/)
  t.notMatch(sofias, new RegExp(`/leads/${lead.id}"`), 'another’s lead')
  t.equal((await as(nuno).get('/calls/now', { fragment: true })).status, 403)
  t.notMatch((await as(nuno).get('/account')).body, /call-card/)
  t.match((await as(anna).get('/clients')).body, /call-card/, 'every page has it, also without scripts')

  await db('roles').where({ id: nuno.roleId }).update({ rights: ['calls.view', 'leads.view_all'] })
  const nunos = await cardsOf(nuno)
  t.notMatch(nunos, /João|smile|frown|Refuses/, 'who may not view clients learns the number alone')
  t.match(nunos, new RegExp(`/leads/${lead.id}"`), 'and the leads of that number')
  await db('leads').where({ id: lead.id }).update({ client_id: joao })
  await db('lead_phones').where({ lead_id: lead.id }).delete()
  t.notMatch(await cardsOf(nuno), new RegExp(`/leads/${lead.id}"`), 'but none that only the client leads to')
  await db('roles').where({ id: nuno.roleId }).update({ rights: [] })

  await tell({ call_id: 'c2', state: 'ringing', caller: '61 855 12 34' })
  t.match(await cardsOf(anna), /Części Hurt[^]*João/, 'two calls at once are two cards')
  t.notMatch(await cardsOf(sofia), /Hurt/, 'who may not view suppliers')
  t.match(await cardsOf(marek), /Hurt/)
  t.ok(hurt)

  t.equal((await as(anna).post(`/calls/${id}/answering`, {}, { fragment: true })).status, 200)
  t.match(await cardsOf(sofia), /Anna Kowalska is answering/)
  t.equal((await as(marek).post(`/calls/${id}/answering`)).status, 303)
  t.equal((await callOf(db, 'c1')).employee_id, anna.id, 'the first who takes it has it')
  t.notMatch((await as(sofia).post(`/calls/${id}/dismiss`, {}, { fragment: true })).body, /João/)
  t.match(await cardsOf(anna), /João/, 'put away for one alone')
  t.equal((await as(sofia).post('/calls/99999/dismiss')).status, 404)
  t.equal((await as(nuno).post(`/calls/${id}/dismiss`)).status, 403)
  await tell({ call_id: 'c1', state: 'ended' })
  await tell({ call_id: 'c2', state: 'missed' })
  t.notMatch(await cardsOf(anna), /call-card/, 'gone with the call')
  t.match(await callOf(db, 'c1'), { state: 'ended', employee_id: anna.id }, 'somebody had said that they answer')
})

t.test('a call is on every open page by its stream, with what each may see, and goes away', async t => {
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  const pages = await Promise.all([anna, sofia, nuno].map(async person => openPage(t, new HttpVisitor(base, as(person).cookie))))
  await tell({ call_id: 'l1', state: 'ringing', caller: '+351 211 234 567' })
  const [annas, sofias, nunos] = pages as [Page, Page, Page]
  await until(() => /\+351 21 123 4567/.test(annas.text()) && /João/.test(sofias.text()))
  t.notMatch(sofias.text(), /123 4567/)
  await tell({ call_id: 'l1', state: 'ended' })
  await until(() => annas.last() !== '' && !/call-card/.test(annas.last()) && !/call-card/.test(sofias.last()))
  t.notMatch(nunos.text(), /hx-partial|João/, 'nothing to who may not')
})

interface Page { text (): string, last (): string }

/** An open stream as text. */
async function openPage (t: Pick<Test, 'teardown'>, visitor: HttpVisitor): Promise<Page> {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(`${visitor.base}/live`, { headers: { cookie: visitor.cookie }, signal: abort.signal })
  let text = ''
  void (async () => { for await (const chunk of response.body!.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)) text += chunk })().catch(() => {})
  return { text: () => text, last: () => text.slice(text.lastIndexOf('id: page')) }
}
