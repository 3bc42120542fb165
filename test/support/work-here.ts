import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { Work, WorkOptions } from '../../src/jobs/process.js'

/**
 * Has an application do in this process, until `t` ends, what it would start processes for: to start one takes half a second of a
 * processor, and to check a file of ten rows a few milliseconds. What goes in and comes out is copied here, too.
 */
export function workHere (t: Pick<Test, 'teardown'>, app: FastifyInstance): void {
  const { runProcess } = app
  t.teardown(() => { app.runProcess = runProcess })
  app.runProcess = async <Input, Progress, Result> (module: URL, input: Input, { signal = new AbortController().signal, onProgress }: WorkOptions<Progress> = {}) => {
    const { default: work } = await import(module.href) as { default: Work<Input, Progress, Result> }
    return structuredClone(await work(structuredClone(input), { signal, tell: async progress => { await onProgress?.(progress) } }))
  }
}
