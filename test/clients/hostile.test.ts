import t from 'tap'
import { cast } from '../support/cast.js'
import { addClients, formOf } from '../support/clients.js'

const VALUES = ['', ' ', '\u0000', 'a\u0000b', '\u202e', '-1', '0', '1e3', '1.5', '999999999999999', '99999999999999999999', "'", '"', '\\', '%', "'; drop table clients; --", '<script>alert(1)</script>', '{{name}}', '$t(save)', '${1}', '__proto__', 'constructor', '[]', '{"a":1}', '😀', 'a'.repeat(10_000), ['1', '2'], ['', ''], ['\u0000', '<i x>']]

const FIELDS = [
  'kind', 'first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'address', 'campaign_id', 'location_id', 'discount_services', 'discount_products', 'note', 'token', 'tag', 'tag_names', 'remove_tag', 'was.note', 'resolve.note', 'open.note',
  'phone_rows', 'phones.0.id', 'phones.0.number', 'phones.0.type', 'phones.0.new_type', 'phones.0.whatsapp', 'phones.0.remove', 'phones.0.was', 'email_rows', 'emails.0.id', 'emails.0.address', 'emails.0.agrees', 'emails.0.remove', 'emails.0.was',
  'row', 'body', 'add_phone', 'drop_phone', 'add_email', 'drop_email', 'add_tag', 'new_type', 'toString', '__proto__', 'phones', 'phones.0', 'phones.0.'
]

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna, as } = made
  const { lukasz } = await addClients(db, anna)
  const path = `/clients/${lukasz}`
  await as(anna).post(`${path}/comments`, { body: 'x' })
  const id = async (table: string, more = {}) => (await db(table).where({ client_id: lukasz, ...more }).first('id')).id as number
  return { ...made, path, phone: await id('client_phones'), email: await id('client_emails'), event: await id('events', { kind: 'comment' }) }
}

t.test('no value in any field of any form ends in an error of ours', async t => {
  const { as, olga, path, phone, email, event, db } = await shop(t)
  const form = formOf((await as(olga).get(path)).body, path)
  const full = { ...form, body: 'x', tag: 'x' }
  const forms = ['/clients', path, `${path}/phones/${phone}`, `${path}/emails/${email}`, `${path}/parts/identity`, `${path}/parts/conflicted`, `${path}/parts/discounts`, `${path}/parts/campaign`, `${path}/parts/location`, `${path}/phones`, `${path}/emails`, `${path}/tags`, `${path}/comments`, `${path}/feed/${event}`, '/clients/phone-types']
  const failed: string[] = []
  let sent = 0
  for (const value of VALUES) {
    // Five fields at a time, so that every value meets every field, and every form many of both.
    for (let first = 0; first < FIELDS.length; first += 5) {
      const at = forms[sent % forms.length]!
      const bad = Object.fromEntries(FIELDS.slice(first, first + 5).map(name => [name, value]))
      const { status, body } = await as(olga).post(at, { ...full, ...bad }, { fragment: sent++ % 2 === 0 })
      if (status >= 500 || /<script>alert|<i x>/.test(body)) failed.push(`${status} ${at} ${JSON.stringify(bad).slice(0, 200)}`)
    }
  }
  t.same(failed, [])
  t.ok(await db('clients').first(), 'and the clients are still there')
})

t.test('nor does any value in any address', async t => {
  const { as, olga, path, event } = await shop(t)
  const failed: string[] = []
  const paths = [
    ...['q', 'show', 'tag', 'campaign', 'location', 'from', 'to', 'sort', 'order', 'after', 'before', 'feed'].map(name => `/clients?${name}=`),
    ...['feed', 'older', 'after'].map(name => `${path}/feed?${name}=`), `${path}?feed=`, '/tags?tag=', '/tags/chip?tag=', '/clients/phone-row?phone_rows=', '/clients/phone-row?client=', '/clients/email-row?email_rows=',
    '/clients/check?phones.0.number=', '/clients/check?emails.0.address=', '/clients/check?client=', '/sign-in?to=', '/clients/', `${path}/feed/`, `${path}/parts/`
  ]
  for (const [index, at] of paths.entries()) {
    for (const value of VALUES.filter((_, n) => n % 2 === index % 2)) {
      const said = [value].flat().map(one => encodeURIComponent(one).slice(0, 8000)).join(`&${/\?(\w+(\.\w+)*)=$/.exec(at)?.[1] ?? 'x'}=`)
      const { status } = await as(olga).get(at + said, { fragment: said.length % 2 === 0 })
      if (status >= 500) failed.push(`${status} ${at}${said.slice(0, 60)}`)
    }
  }
  t.same(failed, [])
  t.ok(event)
})
