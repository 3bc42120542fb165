import { hash, verify } from '@node-rs/argon2'
import { z } from 'zod'
import { issue } from '../web/form.js'

// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane (the package's kind is argon2id).
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Hashes a password with argon2id, in a thread of its own. */
export const hashPassword = (password: string): Promise<string> => hash(password, OPTIONS)

let nobody: Promise<string> | undefined

/**
 * Whether the password is the one of this hash. Without a hash (an unknown address, an invitation not yet accepted) the same
 * work is done on a password nobody has, so that the answer takes as long.
 */
export async function isPassword (passwordHash: string | null | undefined, password: string): Promise<boolean> {
  const known = passwordHash ?? await (nobody ??= hashPassword(`${Math.random()}`))
  const matches = await verify(known, password).catch(() => false)
  return matches && Boolean(passwordHash)
}

/** Makes the hash that unknown addresses are measured by, before the first sign-in can be timed. */
export const warmUp = async () => { await isPassword(null, '') }

/** A new password: 10 characters at least (NIST SP 800-63B asks for 8), 200 at most, and not one that everybody tries first. */
export const newPassword = z.preprocess(value => typeof value === 'string' ? value : '', z.string()).transform((value, context) => {
  if (value.length < 10) context.addIssue(issue('form.password_short', { min: 10 }))
  else if (value.length > 200) context.addIssue(issue('form.too_long', { max: 200, length: value.length }))
  else if (/^(.)\1*$/.test(value) || COMMON.has(value.toLowerCase())) context.addIssue(issue('form.password_common'))
  return value
})

const COMMON = new Set(['1234567890', '0123456789', '12345678910', 'qwertyuiop', 'password12', 'password123', 'password1234', 'passwordpassword', 'qwerty12345', 'administrator', 'letmein123', '1q2w3e4r5t', 'zaq12wsxcde3', 'contraseña', 'contrasena123'])
