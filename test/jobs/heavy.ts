// Work for a process of its own, for the test.
import type { Work } from '../../src/jobs/process.js'

const work: Work<string, number, string> = async (what, { tell, signal }) => {
  if (what === 'too much') for (const all: number[][] = []; ;) all.push(Array.from({ length: 100_000 }, Math.random))
  if (what === 'wrong') throw Object.assign(new TypeError('no sheet'), { code: 'NO_SHEET' })
  if (what === 'long') await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); void tell(1) })
  for (let n = 1; n <= 3; n++) await tell(n)
  return `${what} at priority ${(await import('node:os')).getPriority()}`
}
export default work
