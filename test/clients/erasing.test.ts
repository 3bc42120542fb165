import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import t from 'tap'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { clientArchive } from '../../src/clients/erasing/archive.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'

const { app, db, as, anna, marek, sofia, nuno } = await cast(t)

const STORED = { ...app.storage, get: async () => Readable.from(['%PDF of hers']) }

async function unzip (stream: Readable): Promise<Map<string, string>> {
  const zip = await promisify<Buffer, object, ZipFile>(yauzl.fromBuffer)(await buffer(stream), { lazyEntries: true })
  const files = new Map<string, string>()
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error)
      buffer(stream).then(content => { files.set(entry.fileName, content.toString()); zip.readEntry() }, reject)
    }))
    zip.on('end', () => resolve(files)).on('error', reject)
    zip.readEntry()
  })
}

t.test('a client\'s data is given out whole, and then erased for good', async t => {
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: 'Wójcik', address: 'Rynek 1', note: 'Secret note', phones: [{ number: '600 123 456', on: ['sms'] }], emails: ['zofia@poczta.example'], tags: ['VIP'] })
  await as(anna).post(`/clients/${id}/comments`, { body: 'Wójcik called' })
  await as(anna).post(`/clients/${id}/tasks`, { what: 'Call Wójcik', due_on: '2030-01-05', assignee: anna.id })
  const hash = 'b'.repeat(64)
  await db('file_contents').insert({ hash, size: 12 })
  await db('files').insert({ token: 'hers', client_id: id, content: hash, name: 'scan "1".pdf', type: 'application/pdf', size: 12, employee_id: anna.id })

  t.equal((await as(marek).get(`/clients/${id}/data`)).status, 200)
  t.notMatch((await as(marek).get(`/clients/${id}/data`)).body, /Delete this client/)
  const files = await unzip(await clientArchive(db, STORED, id))
  const [scan] = await db('files').where({ token: 'hers' })
  t.same([...files.keys()], ['client.json', `files/${scan.id}-scan _1_.pdf`])
  t.equal(files.get(`files/${scan.id}-scan _1_.pdf`), '%PDF of hers')
  t.match(JSON.parse(files.get('client.json')!), {
    client: { name: 'Zofia Wójcik', note: 'Secret note' }, phones: [{ e164: '+48600123456', sms: true }], emails: [{ address: 'zofia@poczta.example' }], consents: [{ channel: 'sms', given: true, noted_by: 'Anna Kowalska' }],
    tags: [{ name: 'VIP' }], tasks: [{ what: 'Call Wójcik', due_on: '2030-01-05' }], files: [{ name: 'scan "1".pdf' }]
  })
  const plain = await addClient(db, anna, { surname: 'Plain' })
  const sent = await as(marek).get(`/clients/${plain}/data.zip`)
  t.same([sent.status, sent.headers['content-type'], sent.headers['cache-control']], [200, 'application/zip', 'no-store'])
  t.match(await db('audit_entries').where({ kind: 'clients.data_given' }).first(), { subject_type: 'client', subject_id: plain, employee_id: marek.id }, 'who took it is known')

  const refused = await as(anna).post(`/clients/${id}/erase`, { name: 'Zofia Wojcik' })
  t.equal(refused.status, 422)
  t.match(refused.error('name'), /This isn.t the client.s name/)
  t.match(refused.body, /value="Zofia Wojcik"/)
  t.equal((await as(anna).post(`/clients/${id}/erase`, {})).status, 422)
  t.equal((await as(anna).post(`/clients/${id}/erase`, { name: ' zofia  WÓJCIK ' })).location, '/clients')

  for (const path of [`/clients/${id}`, `/clients/${id}/files/hers/scan.pdf`, `/clients/${id}/feed`]) t.equal((await as(sofia).get(path)).status, 410, path)
  t.match(await db('client_erasures').where({ client_id: id }).first(), { employee_id: anna.id, reason: 'request', files: 1, consents: 1 })
  const { rows: tables } = await db.raw("select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
  for (const { name } of tables) {
    const { rows } = await db.raw('select 1 from ?? r where r::text ~* ?', [name, 'w[óo]jcik|600123456|secret note|zofia@'])
    t.equal(rows.length, name === 'employees' ? 1 : 0, `nothing is left in ${name}`) // Olga is called so too
  }
  t.match(await db('audit_entries').where({ kind: 'clients.erased' }).first(), { subject_type: 'client', subject_id: id, subject_name: String(id), employee_id: anna.id })
  t.equal((await as(anna).get('/settings/audit')).status, 200)
})

t.test('what a client\'s row tells by number is told by name too, also of whom was merged into it', async t => {
  const [campaign] = await db('campaigns').insert({ name: 'Radio Łódź' }).returning('id')
  const [location] = await db('locations').insert({ name: 'Bałuty' }).returning('id')
  const [price] = await db('price_types').insert({ name: 'Hurt', mark_up: -10 }).returning('id')
  const id = await addClient(db, anna, { surname: 'Liczba' })
  await db('clients').where({ id }).update({ campaign_id: campaign.id, location_id: location.id, price_type_services_id: price.id })
  const read = async (id: number) => JSON.parse((await unzip(await clientArchive(db, STORED, id))).get('client.json')!)
  const names = { campaign: 'Radio Łódź', location: 'Bałuty', price_type_services: 'Hurt', price_type_products: null, created_by: 'Anna Kowalska' }
  t.match((await read(id)).client, { campaign_id: campaign.id, ...names })
  const survivor = await addClient(db, anna, { surname: 'Zostaje' })
  const form = formOf((await as(anna).get(`/clients/merge?ids=${survivor},${id}`)).body, '/clients/merge')
  t.equal((await as(anna).post('/clients/merge', { ...form, survivor })).location, `/clients/${survivor}`)
  t.match((await read(survivor)).merged_from, [{ as_it_was: { surname: 'Liczba', campaign_id: campaign.id, ...names } }])
})

t.test('who may do neither, and what isn\'t there', async t => {
  const id = await addClient(db, anna, { surname: 'Nowak' })
  t.equal((await as(sofia).get(`/clients/${id}/data`)).status, 403)
  t.equal((await as(marek).post(`/clients/${id}/erase`, { name: 'Nowak' })).status, 403)
  t.equal((await as(null).post(`/clients/${id}/erase`, { name: 'Nowak' })).status, 401)
  t.equal((await as(anna).post('/clients/987654/erase', { name: 'Nowak' })).status, 404)
  t.equal((await as(anna).get('/clients/987654/data.zip')).status, 404)
  const [role] = await db('roles').insert({ name: 'Exporter', rights: ['clients.view', 'clients.export'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: role.id })
  t.equal((await as(nuno).get(`/clients/${id}/data.zip`)).status, 403, 'half a copy is none')
  t.match((await as(nuno).get(`/clients/${id}/data`)).body, /masked/)
  t.ok(await db('clients').where({ id }).first())
})
