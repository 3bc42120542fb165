import type { Db } from '../../src/database/knex.js'
import { measureKinds, type Kinds, type Served } from './kinds.js'

/*
 * npm run bench -- --only search [--sizes 10000,1000000] [--seconds 2]
 * The list of clients: what is searched for, narrowed by, sorted by, and pages far behind the first; see kinds.ts for what is measured.
 */
const KINDS: Kinds = {
  'first page': ['', 'sort=name&order=desc'],
  'other sorts': ['sort=created', 'sort=created&order=asc', 'sort=active', 'sort=own.{warranty_months}', 'sort=own.{model}&order=desc', 'sort=own.{device}', 'sort=own.{last_service}'],
  'pages far behind': ['after={middle}', 'before={middle}', 'sort=created&after={middle}', 'sort=own.{bought_on}&after={middle}', 'q=ana&next=20', 'q=no&next=20', 'q=alska&next=5', 'show=suppliers&next=20'],
  'one letter': ['q=a', 'q=k', 'q=m', 'q=ł', 'q=x', 'q=6'],
  'two letters': ['q=an', 'q=no', 'q=ko', 'q=zz', 'q=60', 'q=%2B4'],
  'the beginning of a word': ['q=ana', 'q=kow', 'q=nowak', 'q=kowalsk', 'q=garc', 'q=joão', 'q=Łukasz', 'q=piekarnia', 'q=magdalena'],
  'several words': ['q=kow+ana', 'q=ana+kow', 'q=jan+nowak', 'q=maria+garcia', 'q=a+k', 'q=kowalczyk+magdalena+vip', 'q=ana+600', 'q=silva+jose+maria+santos'],
  'inside of words': ['q=alska', 'q=wska', 'q=walcz', 'q=ukasz', 'q=lena+owal', 'q=aria+arci'],
  'parts of phones': ['q=600', 'q=600+12', 'q=600123', 'q=%2B48+600', 'q=0048600', 'q=0601', 'q=%2B34+6', 'q=1234', 'q=45678', 'q={phone}', 'q=%2B{phone}'],
  'parts of e-mails': ['q=poczta', 'q=ana.no', 'q=correo.example', 'q=nowak1', 'q=@poczta', 'q={email}'],
  'tags and unique ids': ['q=vip', 'q=regular', 'q=sn0', 'q={serial}', 'q=pays+late', 'q=warranty+ana'],
  'long and vain': ['q=xq', 'q=qqqqq', 'q=konstantynopolitanczykowianecz', 'q=magdalena+kowalczyk+wroclaw+x', 'q=999999999'],
  'searched, in another order': ['q=ana&sort=name', 'q=ana&sort=created', 'q=no&sort=active', 'q=alska&sort=name', 'q=a&sort=created', 'q=600&sort=name', 'q=kow+ana&sort=created', 'q=ana&sort=own.{warranty_months}'],
  'searched and narrowed': ['q=kow&show=suppliers', 'q=ana&tag=2', 'q=ana&tag=24', 'q=no&campaign=2', 'q=a&location=2', 'q=alska&tag=2', 'q=ana&own.{device}=filled', 'q=kow&show=archived', 'q=ana&from=2026-01-01'],
  'narrowed by many': ['show=people', 'tag=1', 'campaign=1', 'location=1', 'own.{device}={option}', 'own.{warranty_months}.from=12', 'from=2024-06-01', 'phone_type={mobile}', 'own.{website}.how=empty'],
  'narrowed by few': ['show=suppliers', 'show=conflicted', 'show=archived', 'tag=25', 'campaign=10', 'price=1', 'phone_type={reception}', 'from=2026-05-01&to=2026-05-01', 'import=1', 'own.{serial_number}=sn000&own.{serial_number}.how=starts', 'own.{bought_on}.from=2024-01-01&own.{bought_on}.to=2024-01-01'],
  'narrowed and sorted': ['show=suppliers&sort=created', 'tag=1&sort=active', 'tag=25&sort=created', 'campaign=10&sort=active', 'location=2&sort=own.{warranty_months}', 'tag=2&campaign=2', 'tag=25&campaign=10&show=companies', 'own.{device}={option}&sort=created', 'own.{model}=pad&sort=created', 'own.{agreement}=2025&show=conflicted']
}

/** Measures all kinds in shops of several sizes, the smallest first. */
export async function benchSearches (sizes: readonly Omit<Served, 'words'>[], seconds: number): Promise<void> {
  const served: Served[] = []
  for (const size of sizes) served.push({ ...size, words: await wordsOf(size.db) })
  await measureKinds(served, KINDS, { path: '/clients', seconds, goal: 30, worst: 100 })
}

/** What of the demo stands in the addresses. */
async function wordsOf (db: Db): Promise<Record<string, string | number>> {
  const { rows: [words] } = await db.raw(`
    select (select id from clients where archived_at is null order by id offset (select count(*) / 2 from clients) limit 1) as middle,
      (select right(digits, 9) from client_phones where removed_at is null and e164 like '+48%' order by id desc limit 1) as phone,
      (select address from client_emails where removed_at is null order by id desc limit 1) as email,
      (select text_value from client_values v join fields f on f.id = v.field_id where f.key = 'serial_number' order by v.client_id desc limit 1) as serial,
      (select min(o.id) from field_options o join fields f on f.id = o.field_id where f.key = 'device') as option,
      (select id from phone_types where key = 'mobile') as mobile, (select min(id) from phone_types where key is null) as reception`)
  return { ...Object.fromEntries((await db('fields').where({ subject: 'client' }).whereNotNull('key').select('key', 'id')).map(({ key }) => [key, key])), ...words }
}
