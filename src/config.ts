import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { root } from './paths.js'

const text = (fallback: string) => z.string().trim().default(fallback)
const flag = z.enum(['0', '1', 'true', 'false', '']).default('').transform(v => v === '1' || v === 'true')

/** The origin of an http(s) address that names nothing but a host and perhaps a port: "https://Desk.example.com/" gives "https://desk.example.com". Else null. */
export function originOf (address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname || url.username || url.password) return null
  return url.pathname === '/' && !url.search && !url.hash ? url.origin : null
}

/**
 * Whether this can be the address of a Postgres, as its driver reads one: postgres://user:secret@host:5432/name; without a host when a
 * socket is named (postgres://user@/name?host=/run/postgresql) or a database alone is, which is this machine's; or a socket's folder and a database, "/run/postgresql name".
 */
function isPostgres (address: string): boolean {
  if (address.startsWith('/')) return true
  const scheme = /^(postgres|postgresql|socket):/i.exec(address)?.[1]?.toLowerCase()
  // An address with somebody in it and no host is none to URL.
  const isHostless = !URL.canParse(address)
  const filled = isHostless ? address.replace('@/', '@none/') : address
  const url = URL.canParse(filled) ? new URL(filled) : null
  if (!url || !scheme) return false
  if (scheme === 'socket') return url.pathname.startsWith('/')
  return address.slice(scheme.length).startsWith('://') && Boolean((url.hostname && !isHostless) || url.pathname.length > 1 || url.searchParams.get('host'))
}

const whole = (min: number, max: number, fallback: number) => {
  const error = `has to be a whole number from ${min} to ${max}`
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error }).default(fallback)
}
const positive = (max: number, fallback: number) => {
  const error = `has to be a number above 0, ${max} at most`
  return z.coerce.number({ error }).positive({ error }).max(max, { error }).default(fallback)
}

/** The environment Clientela reads. Every default stands here and only here; README.md has the same table in words. */
const environment = z.object({
  HOST: text('127.0.0.1'),
  PORT: whole(0, 65535, 3000),
  // Never said again: there is a password in it.
  DATABASE_URL: z.string().trim().optional().transform(v => v || undefined).refine(v => v === undefined || isPostgres(v), "isn't the address of a Postgres, such as postgres://clientela:secret@localhost:5432/clientela"),
  DATA_DIR: text('data'),
  DATABASE_POOL: whole(2, 100, 10),
  TRUST_PROXY: flag,
  SECRET_KEY: z.string().trim().min(32, 'has to be 32 characters at least').optional(),
  PUBLIC_URL: z.string().trim().optional().transform((value, context) => {
    const origin = value ? originOf(value) : undefined
    if (origin === null) context.addIssue({ code: 'custom', message: 'has to be an address such as https://desk.example.com', input: value })
    return origin ?? undefined
  }),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SESSION_IDLE_HOURS: positive(24 * 90, 24),
  SESSION_MAX_DAYS: positive(365, 30),
  FILES_S3_BUCKET: text(''),
  FILES_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'an address such as https://s3.example.com' }).optional(),
  FILES_S3_REGION: text('us-east-1'),
  FILES_S3_KEY: text(''),
  FILES_S3_SECRET: text(''),
  FILES_S3_PATH_STYLE: flag
}).refine(e => (e.FILES_S3_KEY === '') === (e.FILES_S3_SECRET === ''), { path: ['FILES_S3_SECRET'], error: 'FILES_S3_KEY and FILES_S3_SECRET come together' })

/** A bucket of an S3-compatible store. */
export interface S3Config {
  bucket: string
  /** Where the store is, unless it is Amazon's own. */
  endpoint: string | undefined
  region: string
  /** Without keys those of the machine's role are used. */
  keys: { key: string, secret: string } | undefined
  /** The bucket's name in the path instead of the host's name, as most stores but Amazon's want it. */
  pathStyle: boolean
}

export interface Config {
  host: string
  /** TCP port; 0 asks the system for a free one. */
  port: number
  /** The outside Postgres server, or undefined for the embedded one. */
  databaseUrl: string | undefined
  /** Absolute folder of the embedded Postgres and everything else the program keeps. */
  dataDirectory: string
  databasePool: number
  /** Believe what one's own proxy adds to `X-Forwarded-*`. */
  trustProxy: boolean
  /** Seals what must not be read from the database alone; undefined for a key in a file of the data folder. */
  secretKey: string | undefined
  /** Where people open this installation: "https://desk.example.com". Links in mails lead there. */
  publicUrl: string | undefined
  logLevel: string
  session: { idleHours: number, maxDays: number }
  /** The store of uploaded files; undefined for the folder `files` of the data directory. */
  s3: S3Config | undefined
}

/** A configuration that cannot be used; its message is for the person who typed it. */
export class ConfigError extends Error {}

/**
 * Reads the configuration from environment variables.
 * Throws ConfigError, in one line that names the variable, when a value cannot be used.
 */
export function readConfig (env: Record<string, string | undefined>, root_ = root): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = environment.safeParse(given)
  if (!read.success) {
    const issue = read.error.issues[0]!
    throw new ConfigError(`${String(issue.path[0])}: ${issue.message}`)
  }
  const e = read.data
  return {
    host: e.HOST,
    port: e.PORT,
    databaseUrl: e.DATABASE_URL,
    dataDirectory: isAbsolute(e.DATA_DIR) ? e.DATA_DIR : resolve(root_, e.DATA_DIR),
    databasePool: e.DATABASE_POOL,
    trustProxy: e.TRUST_PROXY,
    secretKey: e.SECRET_KEY,
    publicUrl: e.PUBLIC_URL,
    logLevel: e.LOG_LEVEL,
    session: { idleHours: e.SESSION_IDLE_HOURS, maxDays: e.SESSION_MAX_DAYS },
    s3: e.FILES_S3_BUCKET === '' ? undefined : {
      bucket: e.FILES_S3_BUCKET,
      endpoint: e.FILES_S3_ENDPOINT,
      region: e.FILES_S3_REGION,
      keys: e.FILES_S3_KEY === '' ? undefined : { key: e.FILES_S3_KEY, secret: e.FILES_S3_SECRET },
      pathStyle: e.FILES_S3_PATH_STYLE
    }
  }
}
