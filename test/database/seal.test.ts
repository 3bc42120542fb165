import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { makeSealer } from '../../src/seal.js'

const KEY = 'a key of thirty-two letters, or more'

t.test('what is sealed opens by the same key and for the same purpose alone', async t => {
  const { seal, open } = makeSealer({ secretKey: KEY, dataDirectory: '/nowhere' })
  const sealed = await seal('hasło Łucji', 'mail')
  t.notMatch(sealed, 'Łucji')
  t.not(sealed, await seal('hasło Łucji', 'mail'), 'never twice the same')
  t.equal(await open(sealed, 'mail'), 'hasło Łucji')
  t.equal(await open(sealed, 'something else'), null)
  t.equal(await makeSealer({ secretKey: `${KEY}!`, dataDirectory: '/nowhere' }).open(sealed, 'mail'), null)
  t.equal(await open(`${sealed.slice(0, -4)}AAAA`, 'mail'), null)
  for (const nonsense of ['', 'x', '****']) t.equal(await open(nonsense, 'mail'), null, JSON.stringify(nonsense))
})

t.test('without SECRET_KEY the key is a file of the data folder, for its owner alone', async t => {
  const folder = join(await mkdtemp(join(tmpdir(), 'clientela-')), 'data')
  t.teardown(() => rm(folder, { recursive: true }))
  const two = [1, 2].map(() => makeSealer({ secretKey: undefined, dataDirectory: folder }))
  const sealed = await Promise.all(two.map(sealer => sealer.seal('x', 'mail')))
  t.equal(await two[0]!.open(sealed[1]!, 'mail'), 'x', 'two who make it at once have the same')
  t.same(await readdir(folder), ['secret.key'])
  t.equal((await stat(join(folder, 'secret.key'))).mode & 0o777, 0o600)
})
