import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

/** The project's own folder, wherever it was cloned. Compiled files live in `dist/src`, two levels below it. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** An absolute path inside the project. */
export const inRoot = (...parts: string[]) => join(root, ...parts)
