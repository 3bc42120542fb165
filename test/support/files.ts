import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { inRoot, root } from '../../src/paths.js'

/**
 * The test files to run, as source paths from the project's folder. `names` are files or folders, sources or compiled;
 * none of them means every test. Throws when a name leads to no test.
 */
export function chooseTestFiles (names: string[]): string[] {
  if (names.length === 0) return testsIn('test')
  return [...new Set(names.flatMap(find))]
}

/** Where `tsc` put a test. Sources are listed, never `dist`, which keeps the output of deleted tests. */
export const compiled = (file: string) => inRoot('dist', file.replace(/\.ts$/, '.js'))

function find (name: string): string[] {
  const path = relative(root, resolve(name)).replace(/^dist\//, '').replace(/\.js$/, '.ts')
  const stat = statSync(inRoot(path), { throwIfNoEntry: false })
  const files = stat?.isDirectory() ? testsIn(path) : stat && path.endsWith('.test.ts') ? [path] : []
  if (files.length === 0) throw new Error(`${name} is no test: name files such as test/clients/create.test.ts, or folders`)
  return files
}

function testsIn (folder: string): string[] {
  return readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(folder, name))
    .sort()
}
