import type { FastifyReply } from 'fastify'
import type { Db } from '../database/knex.js'
import type { FieldError } from '../web/form.js'
import { isPassword } from './password.js'
import { findAccount } from './queries.js'
import { beginSignIn, forgiveSignIn } from './throttle.js'

/** What is wrong with what was given; `wait`: seconds until it may be tried again, 0 for at once. */
export interface Wrong { error: FieldError, wait: number }

/** The status of an answer that says what is wrong: 422, or 429 for who has to wait; the reply then says how long. */
export function statusOfWrong (reply: FastifyReply, { wait }: Wrong): number {
  if (wait === 0) return 422
  reply.header('Retry-After', wait)
  return 429
}

const waiting = (wait: number): Wrong => ({ error: { key: 'sign_in.wait', values: { count: wait } }, wait })

/** Whether this is the password of who is signed in. Whoever finds a screen unattended could try passwords here as well as at the door, so it is slowed down as there. */
export async function checkPassword (db: Db, email: string, password: string, address: string): Promise<Wrong | null> {
  const wait = await beginSignIn(db, email, address)
  if (wait > 0) return waiting(wait)
  const account = await findAccount(db, email)
  if (!await isPassword(account?.passwordHash, password)) return { error: { key: 'form.password_wrong' }, wait: 0 }
  await forgiveSignIn(db, email, address)
  return null
}

/** Tries a code of the second step, slowed down like passwords: `accept` gives what it opened, or null when it is wrong. */
export async function checkCode<T> (db: Db, employeeId: number, address: string, accept: () => Promise<T | null>): Promise<{ made: T, wrong?: undefined } | { made?: undefined, wrong: Wrong }> {
  const subject = `code of ${employeeId}`
  const wait = await beginSignIn(db, subject, address)
  if (wait > 0) return { wrong: waiting(wait) }
  const made = await accept()
  if (made === null) return { wrong: { error: { key: 'two_steps.code_wrong' }, wait: 0 } }
  await forgiveSignIn(db, subject, address)
  return { made }
}
