/** The program of a process that runProcess() starts: does the work of one module, and ends. */
import type { FromWorker, ToWorker, Work } from './process.js'

const stopping = new AbortController()
const send = (message: FromWorker) => new Promise<void>((resolve, reject) => { process.send!(message, (error: Error | null) => error ? reject(error) : resolve()) })

process.on('disconnect', () => process.exit(0)) // who started us has gone
process.on('message', async (message: ToWorker) => {
  if (message === 'stop') return stopping.abort()
  try {
    const { default: work } = await import(message.module) as { default: Work<unknown, unknown, unknown> }
    const result = await work(message.input, { tell: progress => send({ progress }), signal: stopping.signal })
    await send({ result })
  } catch (error) {
    const { name = 'Error', message: words = String(error), stack, code } = error as Partial<Error & { code: string }>
    await send({ failed: { name, message: words, ...(stack && { stack }), ...(code && { code }) } })
  }
})
