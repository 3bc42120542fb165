import t from 'tap'
import { ProcessEnded, runProcess } from '../../src/jobs/process.js'

const module = new URL('./heavy.js', import.meta.url)

t.test('work in a process of its own tells how far it is, and gives its result', async t => {
  const told: number[] = []
  const result = await runProcess<string, number, string>(module, 'read', { onProgress: n => { told.push(n) } })
  t.same(told, [1, 2, 3])
  t.match(result, process.platform === 'win32' ? /^read/ : /^read at priority 10$/)
})

t.test('what it throws, or needs too much memory for, is said here, and a stop ends it', async t => {
  await t.rejects(runProcess(module, 'wrong'), { name: 'TypeError', message: 'no sheet', code: 'NO_SHEET' })
  await t.rejects(runProcess(module, 'too much', { heap: 16 }), new ProcessEnded('memory', 'SIGABRT'))
  const stop = new AbortController()
  await t.rejects(runProcess(module, 'long', { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }), { message: 'enough' })
})
