import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.js'

const linux = process.platform === 'linux'

/**
 * When process `pid` began, as text that no later process of the same number can repeat, or null when it does not run.
 * A zombie counts as ended: signal 0 still reaches it, and under a careless pid 1 it stays for ever.
 */
export function birthOf (pid: number): string | null {
  try {
    if (linux) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold spaces and brackets
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() // ticks start anew with each boot
      return 'ZX'.includes(fields[0]!) ? null : `${boot} ${fields[19]}`
    }
    if (process.platform === 'win32') return process.kill(pid, 0) ? 'running' : null
    const line = ps(pid, 'stat=,lstart=')
    return !line || line.startsWith('Z') ? null : line.split(/\s+/).slice(1).join(' ')
  } catch {
    return null
  }
}

/** Whether a program called postgres runs under this number; says nothing about whose it is. */
export function isNamedPostgres (pid: number): boolean {
  try {
    const name = linux ? readFileSync(`/proc/${pid}/comm`, 'utf8') : ps(pid, 'comm=')
    return /(^|\/)postgres$/.test(name.trim())
  } catch {
    return false
  }
}

/**
 * The process numbers of every postgres whose working directory is `path`, which each of them enters at its start.
 * Compared by device and inode, so a copied cluster is not taken for this one. Linux only; elsewhere always empty.
 * It asks as the account that runs Postgres, because a root without CAP_SYS_PTRACE (Docker's) may not look.
 */
export function postgresIn (path: string, account: Account | undefined): number[] {
  if (!linux) return []
  const script = `for p in /proc/[0-9]*; do [ "$p/cwd" -ef . ] || continue
    case "$(readlink "$p/exe")" in */postgres|*"/postgres (deleted)") echo "\${p#/proc/}";; esac; done`
  const found = execFileSync('/bin/sh', ['-c', script], { cwd: path, ...account, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return found.split('\n').filter(Boolean).map(Number)
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal (pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits at most `ms` for a process (not our child) to end; says whether it did. */
export async function endsWithin (pid: number, ms: number): Promise<boolean> {
  const birth = birthOf(pid)
  for (const until = Date.now() + ms; Date.now() < until; await sleep(50)) {
    if (birth === null || birthOf(pid) !== birth) return true
  }
  return false
}

function ps (pid: number, columns: string): string {
  return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } }).trim()
}
