import type { Person } from './cast.js'
import type { Db } from '../../src/database/knex.js'
import { makeSealer } from '../../src/seal.js'
import { recoveryHash } from '../../src/two-steps/recovery.js'
import { codeAt } from '../../src/two-steps/totp.js'
import { TEST_KEY } from './app.js'

/** The same in every test, so that each can tell what the app on the telephone shows. */
export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
export const RECOVERY = '7K3M-QWX2-9PTA-ZB4H'

/** Turns somebody's two-step sign-in on, with one recovery code. */
export async function giveTwoSteps (db: Db, { id }: Person): Promise<void> {
  const secret = await makeSealer({ secretKey: TEST_KEY, dataDirectory: '' }).seal(SECRET, 'two-step sign-in')
  await db('two_steps').insert({ employee_id: id, secret, confirmed_at: db.fn.now() })
  await db('recovery_codes').insert({ employee_id: id, code_hash: recoveryHash(id, RECOVERY) })
}

/** What the app shows now, or so many codes later. One code ahead is taken as well, and each only once. */
export const codeNow = (ahead = 0, secret = SECRET): string => codeAt(secret, Date.now() + ahead * 30_000)
