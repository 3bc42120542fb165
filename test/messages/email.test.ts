import { createHash, createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { openMailServer } from '../../src/mail/outbox/server.js'
import { findMailSettings } from '../../src/mail/queries.js'
import { listFates } from '../../src/messages/ledger.js'
import { queueMessage, queueMessages } from '../../src/messages/queue.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { addLead } from '../support/leads.js'
import { smtpServer, useServer, type SmtpOptions } from '../support/smtp.js'
import { upload } from '../support/upload.js'

async function shop (t: Test, smtp?: SmtpOptions) {
  const made = await cast(t)
  const { db, anna, marek, as } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: 'Żak', emails: [{ address: 'zofia@poczta.example', agrees: true }, 'work@poczta.example'] })
  const [email, off]: number[] = (await db('client_emails').where({ client_id: id }).orderBy('id')).map(row => row.id)
  const server = await smtpServer(t, smtp)
  if (smtp) await useServer(as(anna), server.port)
  const url = `/clients/${id}/write`
  return {
    ...made, id, email: email!, off: off!, server, url,
    /** The composer's form as it opens, with what is typed into it. */
    write: async (typed: Record<string, unknown> = {}, query = '') => ({ ...formOf((await as(marek).get(url + query)).body, url), subject: 'Your bicycle', body: 'It is **ready**.', ...typed }),
    /** Lets everything that waits leave now. */
    leave: async () => {
      await db('messages').where({ state: 'due' }).update({ due_at: db.fn.now() })
      await db.raw('update graphile_worker._private_jobs set run_at = now()')
      await runJobs(made.app)
    },
    states: async () => (await db('messages').orderBy('id')).map(row => row.state as string)
  }
}

const unfolded = (raw: string) => raw.replace(/=\r\n/g, '').replace(/\r\n[ \t]/g, ' ')

t.test('a letter is written on the profile, waits ten seconds, and leaves once with both parts and its headers', async t => {
  const { as, marek, id, db, server, url, write, leave, email, off } = await shop(t, {})
  const profile = (await as(marek).get(`/clients/${id}`)).body
  t.match(profile, `href="${url}?email=${email}"`)
  t.notMatch(profile, `href="${url}?email=${off}"`, 'only where the box is on')
  const form = await write({ body: 'Hello <b>Zofia</b>,\n\nit is **ready**: [look](https://naprawa.example/1).\n\n- bell\n- light' })
  const sent = await as(marek).post(url, form)
  t.equal(sent.location, `/clients/${id}`)
  t.equal((await as(marek).post(url, form)).status, 303)
  const [message, ...others] = await db('messages')
  t.same(others, [], 'the form sent twice is one letter')
  t.ok(message.due_at > Date.now() + 5000, 'it can be taken back')
  t.equal(server.mails.length, 0)
  await leave()
  const [mail] = server.mails
  t.match(mail, { from: 'desk@naprawa.example', to: ['zofia@poczta.example'] })
  const raw = unfolded(mail!.raw)
  for (const part of [new RegExp(`^Message-ID: <${message.message_id}>`, 'm'), /^List-Unsubscribe: <https:\/\/desk\.naprawa\.example\/unsubscribe\/[\w-]+>/m, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m, /it is <strong>ready<\/strong>/, /<li>bell<\/li>/, /&lt;b&gt;Zofia/, /it is ready: look \(https:\/\/naprawa\.example\/1\)/]) t.match(raw, part)
  t.notMatch(raw, /Auto-Submitted/, 'a person wrote it')
  t.match(await listFates(db, message.id), [{ state: 'due', by: 'Marek Nowak' }, { state: 'sent', details: { gateway: 'smtp', said: '250 queued as 1' } }])
})

t.test('a letter taken back comes back into the composer, files and all, for its writer alone', async t => {
  const { app, as, marek, anna, id, db, url, write, states, leave } = await shop(t)
  t.match((await as(marek).get(url)).body, /isn&#39;t set up yet/)
  const sent = await upload(app, as(marek), url, await write({ body: 'Dear *Zofia*' }) as Record<string, string>, [{ name: 'offer.txt', content: 'An offer' }], { fragment: true })
  t.equal(sent.status, 200)
  const [{ id: message, event_id: event }] = await db('messages')
  t.match(sent.body, `action="/messages/${message}/cancel"`)
  t.match((await as(marek).get(`/clients/${id}/feed/${event}`, { fragment: true })).body, /offer\.txt/)
  const undone = await as(marek).post(`/messages/${message}/cancel`)
  t.match(undone.location, `${url}?draft=`)
  t.notMatch((await as(anna).get(undone.location!)).body, 'Dear *Zofia*')
  const again = formOf((await as(marek).get(undone.location!)).body, url)
  t.match(again, { subject: 'Your bicycle', body: 'Dear *Zofia*', attach: /^\d+$/ })
  t.equal((await as(marek).post(url, again)).status, 303)
  await leave()
  t.same(await states(), ['canceled', 'caught'])
  t.equal((await db('message_files')).length, 2)

  const form = await write()
  await as(marek).post(url, form)
  await as(marek).post(`/messages/${(await db('messages').orderBy('id', 'desc').first('id')).id}/cancel`)
  await as(marek).post(url, form)
  t.same((await states()).slice(2), ['canceled', 'due'], 'whoever goes back to the form and sends it again means it')
})

t.test('who may write, to whom, and what stays when something is wrong', async t => {
  const { app, as, marek, sofia, nuno, anna, db, url, write, email, off } = await shop(t)
  t.equal((await as(sofia).get(url)).status, 403)
  t.equal((await as(nuno).post(url)).status, 403)
  t.equal((await as(null).get(url)).status, 303)
  for (const wrong of ['999999', 'x']) t.equal((await as(marek).get(`/clients/${wrong}/write`)).status, 404)
  t.equal((await as(marek).get(`${url}/00000000-0000-0000-0000-000000000000/preview`)).status, 404)
  const alone = (who: typeof marek, at = url) => upload(app, as(who), `${at}/uploads`, {}, [{ name: 'offer.txt', content: 'An offer' }], { fragment: true })
  t.equal((await alone(sofia)).status, 403)
  t.equal((await alone(marek, '/clients/999999/write')).status, 404)
  t.match((await alone(marek)).body, /offer\.txt[^]*name="file" value="[\w-]+"/, 'files go ahead, as soon as they are chosen')
  await addClient(db, anna, { first_name: 'Jan', emails: ['jan@poczta.example'] })

  const refused = async (typed: Record<string, unknown>, field: string, said: RegExp) => {
    const answer = await as(marek).post(url, await write({ body: 'kept <words>', ...typed }))
    t.equal(answer.status, 422, JSON.stringify(typed))
    t.match(answer.error(field), said)
    t.match(answer.body, 'kept &lt;words&gt;')
  }
  await refused({ subject: '' }, 'subject', /./)
  await refused({ subject: 'Hello\r\nBcc: everybody@poczta.example' }, 'subject', /one line/)
  await refused({ to: 'other', other: 'a@poczta.example\r\nBcc: b@poczta.example' }, 'other', /e-mail/)
  await refused({ to: 'other', other: 'a@poczta.example, b@poczta.example' }, 'other', /e-mail/)
  await refused({ to: String(off) }, 'to', /does not agree/)
  await refused({ to: 'other', other: 'Work@Poczta.example' }, 'other', /Nothing may go/)
  await refused({ to: 'other', other: 'jan@poczta.example' }, 'other', /Nothing may go/)
  await refused({ to: '' }, 'to', /Choose/)
  t.same(await db('messages'), [])

  t.equal((await as(marek).post(url, await write({ to: 'other', other: 'ZOFIA@poczta.example' }))).status, 303)
  t.equal((await as(marek).post(url, await write({ to: 'other', other: 'sister@poczta.example' }))).status, 303)
  const [own, typed] = await db('messages').orderBy('id')
  t.equal(own.email_id, email, 'an address of theirs is theirs')
  t.match(typed, { email_id: null, address: 'sister@poczta.example' })
  t.match((await as(marek).get(`/messages/${typed.id}`)).body, /address typed by hand/)

  await db('mail_settings').insert({ id: 1, version: 1, attachment_mb: 2 })
  await db('organisation').update({ file_megabytes: 50 })
  const big = await upload(app, as(marek), url, await write({ body: 'kept words' }) as Record<string, string>, [{ name: 'film.txt', content: Buffer.alloc(3_000_000, 'x') }], { fragment: true })
  t.equal(big.status, 422)
  t.match(big.error('files'), /3 MB together, and an e-mail takes 2 MB/)
  t.match(big.body, /kept words[^]*film\.txt/)
})

t.test('40 MB are refused in the composer; what the settings allow is streamed into the letter', async t => {
  const { app, as, marek, anna, db, url, write, leave, server, states } = await shop(t, {})
  await db('organisation').update({ file_megabytes: 100 })
  const refused = await upload(app, as(marek), url, await write() as Record<string, string>, [{ name: 'forty.txt', content: Buffer.alloc(40e6, 'x') }])
  t.match([refused.status, refused.error('files')], [422, /40 MB together, and an e-mail takes 20 MB/])
  const content = Buffer.alloc(1_500_000, 'Zażółć gęślą jaźń. ')
  const version = (await findMailSettings(db)).version
  t.equal((await as(anna).post('/settings/mail/letters', { signature: '**Naprawa & Co**', per_minute: '60', attachment_mb: '2', version })).status, 303)
  t.equal((await upload(app, as(marek), url, await write() as Record<string, string>, [{ name: 'Żółw.txt', content }])).status, 303)
  await leave()
  t.same(await states(), ['sent'])
  const raw = server.mails[0]!.raw
  t.match(unfolded(raw), /<strong>Naprawa &amp; Co<\/strong>/)
  const encoded = raw.split(/\r\n\r\n/).find(part => part.length > 1_500_000)!.replace(/\r\n--[^]*$/, '')
  t.ok(Buffer.from(encoded, 'base64').equals(content), 'byte for byte')

  await as(marek).post(url, { ...await write(), attach: (await db('files').orderBy('id', 'desc').first('id')).id })
  await db('files').update({ removed_at: db.fn.now() })
  await leave()
  t.match(await db('messages').orderBy('id', 'desc').first(), { state: 'failed', problem: 'file_gone' })
})

t.test('the server refuses half, puts off, drops after DATA: each letter has its fate and none is sent twice', async t => {
  let drop = false
  const made: Awaited<ReturnType<typeof shop>> = await shop(t, {
    refuse: to => to.startsWith('no') ? '550 No such user' : to.startsWith('late') ? '451 Greylisted' : to.startsWith('full') ? '552 Mailbox full' : undefined,
    hold: async () => { if (drop) made.server.cut() },
    greet: () => new Promise(resolve => { setImmediate(resolve) })
  })
  const { db, marek, id, leave, states, server } = made
  const to = (address: string, more = {}) => ({ channel: 'email' as const, clientId: id, to: { address, name: 'A "B"\r\nBcc: everybody@poczta.example' }, subject: 'One\r\nBcc: everybody@poczta.example', text: 'words', cause: 'hand' as const, ...more })
  await queueMessages(db, marek, ['no1@p.example', 'yes1@p.example', 'late@p.example', 'no2@p.example', 'full@p.example', 'yes2@p.example', 'not an address', 'x@p.example\r\nRCPT TO:<y@p.example>'].map(address => to(address)))
  await leave()
  t.same(await states(), ['failed', 'sent', 'due', 'failed', 'failed', 'sent', 'failed', 'failed'])
  t.match((await db('messages').orderBy('id')).map(row => row.problem), ['refused', null, 'busy', 'refused', 'too_big', null, 'bad_address', 'bad_address'])
  t.same(server.mails.map(mail => mail.to.join()).sort(), ['yes1@p.example', 'yes2@p.example'])
  for (const { raw } of server.mails) t.notMatch(raw, /^Bcc:/m)

  await db('messages').delete()
  drop = true
  await queueMessage(db, marek, to('yes3@p.example'))
  await leave()
  t.match(await db('messages'), [{ state: 'uncertain', problem: 'lost' }])
  drop = false
  await leave()
  t.equal(server.mails.length, 3, 'and is not repeated')

  await db('messages').delete()
  await server.close()
  await queueMessage(db, marek, to('yes4@p.example'))
  await leave()
  t.match(await db('messages'), [{ state: 'due', problem: 'unreachable', attempts: 1 }])
})

t.test('a server that never greets, or stops in the middle of its words, is given up for now', async t => {
  const settings = { ...await findMailSettings((await cast(t)).db), sends: true, host: '127.0.0.1', security: 'none' as const, senderAddress: 'desk@naprawa.example' }
  for (const [words, fate] of [['', { state: 'later', problem: 'timeout' }], ['220 naprawa\r\n', { state: 'later' }]] as const) {
    const sockets: Socket[] = []
    const silent = createServer(socket => { sockets.push(socket.on('error', () => {})); socket.write(words) }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const server = openMailServer({ ...settings, port: (silent.address() as AddressInfo).port }, { password: null, dkimKey: null }, { timeouts: { greeting: 50, answer: 50 } })
    t.match(await server.send({ to: { name: '', address: 'a@p.example' }, subject: 's', text: 't', messageId: 'a@b' }), fate)
    t.ok(server.isDown)
    server.close()
    for (const socket of sockets) socket.destroy()
    silent.close()
  }

  // A server that takes each command but answers one of them otherwise.
  const told = async (at: RegExp, answer: string) => {
    const words: [RegExp, string][] = [[at, answer], [/^$/, '220 naprawa'], [/^DATA/, '354 go on'], [/^\.$/, '250 taken'], [/^(EHLO|MAIL|RCPT|RSET|QUIT)/, '250 ok']]
    const sockets: Socket[] = []
    const server = createServer(socket => {
      const say = (line: string) => { const found = words.find(([of]) => of.test(line)); if (found) socket.write(`${found[1]}\r\n`, 'latin1') }
      sockets.push(socket.on('error', () => {}).on('data', data => { data.toString().split('\r\n').filter(Boolean).forEach(say) }))
      say('')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const mail = openMailServer({ ...settings, port: (server.address() as AddressInfo).port }, { password: null, dkimKey: null }, { timeouts: { greeting: 5000, answer: 5000 } })
    const fate = await mail.send({ to: { name: '', address: 'a@p.example' }, subject: 's', text: 't', messageId: 'a@b' })
    mail.close()
    for (const socket of sockets) socket.destroy()
    server.close()
    return { ...fate, isDown: mail.isDown }
  }
  t.match(await told(/^$/, '554 No service'), { state: 'later', problem: 'refused', isDown: true }, 'what it says of us is no fault of the letter')
  t.match(await told(/^$/, '421 Too busy'), { state: 'later', problem: 'busy', isDown: true })
  t.match(await told(/^MAIL/, '530 Authentication required'), { state: 'later', problem: 'auth', isDown: true })
  t.match(await told(/^MAIL/, '550 Not with this sender'), { state: 'later', problem: 'refused', isDown: true })
  t.match(await told(/^MAIL/, '552 Too big'), { state: 'failed', problem: 'refused', isDown: false })
  t.match(await told(/^RCPT/, '421 Closing'), { state: 'later', problem: 'busy', isDown: true })
  t.match(await told(/^RCPT/, '451 Greylisted'), { state: 'later', problem: 'busy', isDown: false })
  t.match(await told(/^\.$/, '554 Spam'), { state: 'failed', problem: 'refused', isDown: false })
  t.match(await told(/^\.$/, '250 Taken'), { state: 'sent', isDown: false })
})

t.test('its reader asks for no more: looking changes nothing, the button or the mail program does, once', async t => {
  const { app, as, anna, marek, id, email, db, url, write, leave, server, states } = await shop(t, {})
  await queueMessage(db, { id: null }, { channel: 'email', clientId: id, to: { emailId: email }, subject: 'News', text: 'words', html: '<p>words</p>', cause: 'automation' })
  await leave()
  const raw = unfolded(server.mails[0]!.raw)
  const path = /List-Unsubscribe: <https:\/\/desk\.naprawa\.example(\/unsubscribe\/[\w-]+)>/.exec(raw)![1]!
  t.match(raw, /Auto-Submitted: auto-generated/)
  t.equal(raw.split(path).length, 4, 'in the header and in both parts')

  const page = await as(null).get(path)
  t.match([page.status, page.body], [200, /z•••@•••[^]*Send me no more/])
  t.ok((await db('client_emails').where({ id: email }).first()).agrees, 'a look changes nothing')
  const byProgram = (contentType: string, payload: string) => app.inject({ method: 'POST', url: path, headers: { 'content-type': contentType }, payload })
  t.equal((await byProgram('application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click')).statusCode, 200)
  t.equal((await byProgram('multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--')).statusCode, 200)
  t.match((await as(null).post(path)).body, /writes no more/)
  t.notOk((await db('client_emails').where({ id: email }).first()).agrees)
  t.match(await db('consents').where({ email_id: email, given: false }), [{ source: 'unsubscribe', how: 'online', employee_id: null }])
  t.match((await as(marek).get(`/clients/${id}/consents`)).body, /link in an e-mail/)
  const stranger = await app.inject({ method: 'POST', url: `${path.slice(0, -2)}AA` })
  t.equal(stranger.statusCode, 404)

  // Nobody's address, once unsubscribed, can't be typed again; nor does what waits leave.
  await db('client_emails').where({ id: email }).delete()
  t.equal((await as(marek).post(url, await write({ to: 'other', other: 'zofia@poczta.example' }))).status, 422)
  await queueMessage(db, anna, { channel: 'email', clientId: id, to: { address: 'Zofia@poczta.example' }, subject: 'x', text: 'y', cause: 'hand' })
  await leave()
  t.same(await states(), ['sent', 'refused'])
})

t.test('letters are signed by a key made here or pasted, which is never shown', async t => {
  const { as, anna, sofia, db, leave, marek, id, email, server } = await shop(t, {})
  const versioned = async (values: object) => ({ domain: 'naprawa.example', selector: 'clientela', ...values, version: (await findMailSettings(db)).version })
  t.equal((await as(sofia).post('/settings/mail/dkim', await versioned({ key: 'make' }))).status, 403)
  for (const [wrong, field] of [[{ key: 'paste', pem: 'no key' }, 'pem'], [{ key: 'make', domain: 'no domain' }, 'domain'], [{ key: 'make', selector: 'a b' }, 'selector'], [{ key: 'keep' }, 'key']] as const) {
    t.match((await as(anna).post('/settings/mail/dkim', await versioned(wrong))).error(field), /./, field)
  }
  t.equal((await as(anna).post('/settings/mail/dkim', await versioned({ key: 'make' }))).status, 303)
  const page = (await as(anna).get('/settings/mail')).body
  t.match(page, /clientela\._domainkey\.naprawa\.example[^]*v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{300,}/)
  t.notMatch(page, /BEGIN PRIVATE KEY/)
  await queueMessage(db, marek, { channel: 'email', clientId: id, to: { emailId: email }, subject: 'Zażółć', text: 'gęślą  jaźń \n', html: '<p>gęślą</p>', cause: 'hand' })
  await leave()
  const { dkimPublic } = await findMailSettings(db)
  t.ok(isSigned(server.mails[0]!.raw, dkimPublic!))
  t.notOk(isSigned(server.mails[0]!.raw.replace('List-Unsubscribe-Post: List', 'List-Unsubscribe-Post: Last'), dkimPublic!), 'the header that RFC 8058 asks for is signed too')

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  t.equal((await as(anna).post('/settings/mail/dkim', await versioned({ key: 'paste', pem: privateKey.export({ type: 'pkcs1', format: 'pem' }) }))).status, 303)
  t.not((await findMailSettings(db)).dkimPublic, dkimPublic)
  t.equal((await as(anna).post('/settings/mail/dkim', await versioned({ off: '1' }))).status, 303)
  t.equal((await findMailSettings(db)).dkimKeySealed, null)
  t.equal((await as(anna).post('/settings/mail/dkim', { ...await versioned({ key: 'make' }), version: 1 })).status, 422, 'somebody saved others meanwhile')
})

/** Checks a signature as RFC 6376 says, relaxed/relaxed. */
function isSigned (raw: string, key: string): boolean {
  const [head, body] = [raw.slice(0, raw.indexOf('\r\n\r\n')), raw.slice(raw.indexOf('\r\n\r\n') + 4)]
  const headers = head.split(/\r\n(?![ \t])/)
  const relaxed = (line: string) => `${line.slice(0, line.indexOf(':')).trim().toLowerCase()}:${line.slice(line.indexOf(':') + 1).replace(/\r\n/g, '').replace(/[ \t]+/g, ' ').trim()}`
  const signature = headers.find(line => /^DKIM-Signature:/i.test(line))
  if (!signature) return false
  const tags = Object.fromEntries(relaxed(signature).slice(15).split(';').map(tag => { const [name = '', ...value] = tag.split('='); return [name.trim(), value.join('=').replace(/\s/g, '')] }))
  const relaxedBody = body.replace(/[ \t]+\r\n/g, '\r\n').replace(/[ \t]+/g, ' ').replace(/(\r\n)*$/, '\r\n')
  if (createHash('sha256').update(relaxedBody).digest('base64') !== tags.bh) return false
  const left = [...headers]
  const signed = tags.h!.split(':').flatMap(name => {
    const at = left.findLastIndex(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    return at === -1 ? [] : left.splice(at, 1).map(relaxed)
  })
  const text = [...signed, relaxed(signature).replace(/(;\s?b=)[^;]*/, '$1').trimEnd()].join('\r\n')
  return createVerify('RSA-SHA256').update(text).verify(createPublicKey({ key: Buffer.from(key, 'base64'), type: 'spki', format: 'der' }), tags.b!, 'base64')
}

t.test('a letter is written from a lead to its client, and leads back there', async t => {
  const { as, anna, marek, sofia, db, id, url, email, write } = await shop(t)
  const { id: lead } = await addLead(db, { client_id: id })
  const { id: other } = await addLead(db, {})
  const link = `${url}?email=${email}&amp;lead=${lead}`
  t.match((await as(marek).get(`/leads/${lead}`)).body, link)
  t.notMatch((await as(sofia).get(`/leads/${lead}`)).body, link)
  t.equal((await as(marek).post(url, await write({}, `?email=${email}&lead=${lead}`))).location, `/leads/${lead}`)
  for (const wrong of [other, 999_999, 'x']) {
    t.equal((await as(anna).post(url, await write({ lead: String(wrong) }))).location, `/clients/${id}`, `${wrong} is no lead of theirs: the letter goes, and leads back to the client`)
    t.equal((await as(anna).get(`${url}?lead=${wrong}`)).status, 200)
  }
  t.same((await db('messages').orderBy('id')).map(row => row.lead_id), [lead, null, null, null])
})

t.test('an answer carries the thread of what it answers', async t => {
  const { as, marek, db, id, url, write, leave, server } = await shop(t, {})
  const { receiveMessage } = await import('../../src/messages/receiving/receive.js')
  const came = await db.transaction(trx => receiveMessage(trx, { channel: 'email', from: 'zofia@poczta.example', subject: 'When?', text: 'When is it ready?', gateway: 'imap:1', providerId: '1', messageId: 'b@poczta.example', references: ['a@poczta.example'] }))
  const form = await write({}, `?reply=${came.id}`)
  t.match(formOf((await as(marek).get(`${url}?reply=${came.id}`)).body, url), { subject: 'Re: When?', reply: String(came.id) })
  t.equal((await as(marek).post(url, form)).status, 303)
  await leave()
  t.match(unfolded(server.mails[0]!.raw), /^In-Reply-To: <b@poczta\.example>/m)
  t.match(unfolded(server.mails[0]!.raw), /^References: <a@poczta\.example> <b@poczta\.example>/m)
  t.ok(id)
})

t.test('a template is filled in for the client before what was written, and says what came out empty', async t => {
  const { as, marek, db, id, url, write } = await shop(t)
  const [{ id: template }] = await db('templates').insert({ name: 'Ready', channel: 'email', for_all: true }).returning('id')
  await db('template_texts').insert({ template_id: template, language: 'en', subject: 'Ready, {{client.first_name}}', body: 'Dear **{{client.first_name}}**, we write to {{client.address}}.' })
  const used = await as(marek).post(url, { ...await write({ subject: '', body: 'My own words' }), template, use: '1' })
  t.match(formOf(used.body, url), { subject: 'Ready, Zofia', body: /^Dear \*\*Zofia\*\*[^]*\n\nMy own words$/, template: String(template) })
  t.match(used.body, /nothing stands in their place: Client: Address/)
  t.equal((await as(marek).post(url, formOf(used.body, url))).status, 303)
  t.match(await db('messages'), [{ template_id: template, body_html: /Dear <strong>Zofia<\/strong>/, client_id: id }])
  t.equal((await as(marek).post(url, { ...await write(), template: '999999', use: '1' })).status, 422)
})

t.test('the preview is what leaves, in a frame that runs nothing', async t => {
  const { as, marek, anna, url, write, db } = await shop(t)
  const body = '<script>alert(1)</script> [x](javascript:alert(1)) [y](https://a.example/"onclick=alert(1)) **bold**'
  const answer = await as(marek).post(url, await write({ body, preview: '1' }))
  t.equal(answer.status, 200)
  const frame = /<iframe src="([^"]+)" sandbox="allow-popups allow-popups-to-escape-sandbox"/.exec(answer.body)![1]!
  const shown = await as(marek).get(frame)
  t.match(shown.headers['content-security-policy'], /default-src 'none'.*sandbox/)
  t.match(shown.body, /&lt;script&gt;alert\(1\)&lt;\/script&gt; \[x\]\(javascript:alert\(1\)\).*<strong>bold<\/strong>/)
  t.notMatch(shown.body, /<script|href="javascript|"onclick/)
  t.equal((await as(anna).get(frame)).status, 404)
  t.same(await db('messages'), [])
})
