import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, createWriteStream, existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { compiled } from './files.js'

// Debian makes the first two of one source. The shell is Chromium without a window around its pages, which takes half of the browser's own time.
const SHELL = 'chromium-headless-shell'
const names = [SHELL, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The browser to test with: CHROMIUM where it is set, else the first of the above in PATH, else null. */
export function findChromium (): string | null {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable) ?? null
}

/** Finds a browser, and on Debian, as root, installs one when there is none. Says why when it can't, and gives null. */
export async function ensureChromium (signal?: AbortSignal): Promise<string | null> {
  return findChromium() ?? (canInstall() && await install(signal) ? findChromium() : null)
}

/** Whether a test file opens a browser: it lies in a folder `browser`, or imports `browser.ts` itself. */
export function needsBrowser (file: string): boolean {
  return /\/browser\//.test(file) || /support\/browser\.js/.test(readFileSync(compiled(file), 'utf8'))
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// Debian only: elsewhere the package of this name is missing, or a stub that leads to a snap.
function canInstall (): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/os-release') &&
    /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

async function install (signal?: AbortSignal): Promise<boolean> {
  console.error('No Chromium was found; installing the one of Debian for the browser tests …')
  const folder = await mkdtemp(join(tmpdir(), 'clientela-chromium-'))
  const log = join(folder, 'apt.log')
  try {
    await apt(log, ['update'], signal)
    const fetchFromDebian = (name: string) => apt(log, ['install', '-y', '--no-install-recommends', name], signal)
    await fetchFromDebian(SHELL).catch(() => fetchFromDebian('chromium')) // Debian has the shell since its twelfth version
    return true
  } catch (error) {
    signal?.throwIfAborted()
    console.error(`${readFileSync(log, 'utf8')}\nChromium could not be installed: ${(error as Error).message}`)
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function apt (log: string, args: string[], signal?: AbortSignal): Promise<void> {
  const output = createWriteStream(log, { flags: 'a' })
  await once(output, 'open')
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', output, output],
    signal
  })
  const [code] = await once(child, 'exit')
  output.end()
  if (code !== 0) throw new Error(`apt-get ${args[0]} ended with ${code}`)
}
