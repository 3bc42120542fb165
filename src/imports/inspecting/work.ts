import type { Work } from '../../jobs/process.js'
import { inspect, Unreadable, type Inspected, type Reading } from '../reading/source.js'

export interface InspectInput { path: string, fileName: string, wanted: Partial<Reading> }
export type InspectResult = { inspected: Inspected } | { unreadable: string, values: Record<string, string | number> }

/** Looks at the beginning of a file: the work of a process of its own, as a file may be made to occupy its reader. */
const look: Work<InspectInput, never, InspectResult> = async ({ path, fileName, wanted }) => {
  try {
    return { inspected: await inspect(path, fileName, wanted) }
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.reason, values: error.values }
    throw error
  }
}

export default look
