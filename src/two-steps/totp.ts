import { Secret, TOTP } from 'otpauth'
import { encodeQR } from 'qr'

// What every authenticator app takes: RFC 6238 with SHA-1, 6 digits and 30 seconds.
const PERIOD = 30_000
const SHAPE = { algorithm: 'SHA1', digits: 6, period: PERIOD / 1000 }

/** A new secret of 160 bits, the length RFC 4226 recommends, in base32. */
export const newSecret = (): string => new Secret({ size: 20 }).base32

/**
 * The step (30 seconds since 1970) that a code stands for, or null when it is none of now, of the step before or of the one after:
 * clocks differ. `at` is the time in milliseconds.
 */
export function stepOf (secret: string, code: string, at: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const delta = new TOTP({ ...SHAPE, secret }).validate({ token: code, timestamp: at, window: 1 })
  return delta === null ? null : Math.floor(at / PERIOD) + delta
}

/** The code of a secret at a time in milliseconds, as an app shows it. */
export const codeAt = (secret: string, at: number): string => new TOTP({ ...SHAPE, secret }).generate({ timestamp: at })

/** The address that an app reads from the QR code: "otpauth://totp/Naprawa:anna@example.com?secret=…". */
export const addressOf = (secret: string, company: string, email: string): string =>
  new TOTP({ ...SHAPE, secret, issuer: company.replaceAll(':', ' ').slice(0, 60), label: email }).toString()

/** A QR code as one path of an SVG: `size` modules wide, the quiet zone of 4 (ISO/IEC 18004) included. */
export function drawQr (text: string): { size: number, path: string } {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 })
  const runs = rows.flatMap((row, y) => [...row.map(dark => dark ? '#' : ' ').join('').matchAll(/#+/g)].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`))
  return { size: rows.length, path: runs.join('') }
}
