import { hash, verify } from '@node-rs/argon2'
import { z } from 'zod'
import { issue, type FieldError } from '../web/form.js'

// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane (the package's kind is argon2id).
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Hashes a password with argon2id, in a thread of its own. Its letters are composed (NFC, RFC 8265): keyboards write "ż" in two ways. */
export const hashPassword = (password: string): Promise<string> => hash(password.normalize(), OPTIONS)

let nobody: Promise<string> | undefined

/**
 * Whether the password is the one of this hash. Without a hash (an unknown address, an invitation not yet accepted) the same
 * work is done on a password nobody has, so that the answer takes as long.
 */
export async function isPassword (passwordHash: string | null | undefined, password: string): Promise<boolean> {
  const known = passwordHash ?? await (nobody ??= hashPassword(`${Math.random()}`))
  let matches = false
  // As it was typed too: of older hashes nobody composed the letters. All of them each time, or how long it takes would tell.
  for (const spelling of new Set([password.normalize(), password])) matches = await verify(known, spelling).catch(() => false) || matches
  return matches && Boolean(passwordHash)
}

let warm: Promise<boolean> | undefined

/** Makes the hash that unknown addresses are measured by, before the first sign-in can be timed. */
export const warmUp = async () => { await (warm ??= isPassword(null, '')) }

const MIN = 10
const MAX = 200

/**
 * What is too weak about a password, in words that say what would pass: 10 characters at least (NIST SP 800-63B asks for 8), and
 * neither what everybody tries first, nor one thing again and again, nor keys in a row, nor little else than the name, e-mail or
 * company in `about`. Nothing when it is good.
 */
export function weaknessOf (password: string, about: readonly string[] = []): FieldError | undefined {
  if (password.length < MIN) return { key: 'form.password_short', values: { min: MIN } }
  if (password.length > MAX) return { key: 'form.too_long', values: { max: MAX, length: password.length } }
  const plain = plainly(password)
  const backwards = [...plain].toReversed().join('')
  if (/^(.{1,5})\1+.?$/.test(plain)) return { key: 'form.password_repeats' }
  if (ROWS.some(row => row.includes(plain) || row.includes(backwards))) return { key: 'form.password_row' }
  if (COMMON.has(plain) || COMMON.has(plain.replace(/[^a-z]+$/, ''))) return { key: 'form.password_common' }
  const words = about.flatMap(text => plainly(text).split(/[^\p{L}\p{N}]+/u)).filter(word => word.length >= 4)
  if (words.reduce((rest, word) => rest.replaceAll(word, ''), plain).length < 5) return { key: 'form.password_personal' }
  return undefined
}

/** A new password, as weaknessOf judges it. */
export const newPasswordOf = (about: readonly string[]) => z.preprocess(value => typeof value === 'string' ? value : '', z.string()).transform((value, context) => {
  const weakness = weaknessOf(value, about)
  if (weakness) context.addIssue(issue(weakness.key, weakness.values))
  return value
})

export const newPassword = newPasswordOf([])

const plainly = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const ROWS = ['01234567890123456789', '1234567890-=', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop[]asdfghjkl;zxcvbnm,./', 'qwertzuiopasdfghjklyxcvbnm', 'azertyuiopqsdfghjklmwxcvbn', '1qaz2wsx3edc4rfv5tgb6yhn7ujm', '1q2w3e4r5t6y7u8i9o0p', 'q1w2e3r4t5y6u7i8o9p0']

// Lists of leaked passwords, from ten characters on; ends of digits and signs are taken off before a look.
const COMMON = new Set(['password', 'passwordpassword', 'qwerty', 'qwertyuiop', 'administrator', 'admin', 'letmein', 'letmeinplease', 'welcome', 'iloveyou', 'football', 'baseball', 'superman', 'princess', 'sunshine', 'changeme', 'secret', 'clientela', 'zaq12wsxcde3', '12345678910', 'contrasena', 'contrasenha', 'micontrasena', 'tequiero', 'teamomucho', 'haslo', 'mojehaslo', 'haslohaslo', 'kocham', 'kochamcie', 'dupadupa', 'senha', 'minhasenha', 'senhasenha', 'euteamo'])
