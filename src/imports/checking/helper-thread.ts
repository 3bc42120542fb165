import { parentPort, workerData } from 'node:worker_threads'
import type { HelperInput } from './helper.js'
import { linesBy, type Numbered } from './lines.js'

// The thread that helper.ts starts.
const { plan, importId } = workerData as HelperInput
const lines = linesBy(plan, importId)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a thread, not of a window
parentPort!.on('message', (batch: Numbered) => { parentPort!.postMessage(lines(batch)) })
