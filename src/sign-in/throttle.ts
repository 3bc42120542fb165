import { createHash } from 'node:crypto'
import type { Db } from '../database/knex.js'

/*
 * Guessing is slowed down, not locked out: after some free tries each further failure doubles the wait. Kept in Postgres,
 * so a restart forgives nothing and all processes count together. The count goes up before the password is looked at:
 * a hundred tries at once are a hundred.
 */
interface Subject { kind: 'account' | 'address' | 'reset' | 'reset address' | 'feed address', value: string, free: number }

// From one address many people sign in (a shop behind one router), so it has more tries than an account.
const subjects = (email: string, address: string): Subject[] => [
  { kind: 'account', value: email.toLowerCase(), free: 5 },
  { kind: 'address', value: networkOf(address), free: 30 }
]

const keyOf = ({ kind, value }: Subject) => createHash('sha256').update(`${kind}:${value}`).digest('base64url')

// Whoever has one IPv6 address has its whole /64.
function networkOf (address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [left = [], right = []] = address.split('::').map(half => half.split(':').filter(Boolean))
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') // what "::" stands for (RFC 4291, 2.2)
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}

// A letter to somebody is a nuisance when it comes often, so there are fewer; counted apart, so that they keep nobody from signing in.
const resetSubjects = (email: string, address: string): Subject[] => [
  { kind: 'reset', value: email.toLowerCase(), free: 3 },
  { kind: 'reset address', value: networkOf(address), free: 20 }
]

/** Counts a try to read a calendar that there isn't. Returns the seconds to wait, else 0. */
export const beginFeed = (db: Db, address: string): Promise<number> => begin(db, [{ kind: 'feed address', value: networkOf(address), free: 30 }])

/** Counts a request for a new password. Returns the seconds to wait when account or address have to wait, else 0. */
export const beginReset = (db: Db, email: string, address: string): Promise<number> => begin(db, resetSubjects(email, address))

/**
 * Counts a try to sign in before it is judged. Returns the seconds to wait when account or address have to wait, else 0.
 * A day without failures forgets them.
 */
export const beginSignIn = (db: Db, email: string, address: string): Promise<number> => begin(db, subjects(email, address))

async function begin (db: Db, subjects: Subject[]): Promise<number> {
  let wait = 0
  for (const subject of subjects) {
    // One statement, so that tries at the same instant queue for the row and each sees what the one before left.
    const { rows: [row] } = await db.raw(`
      insert into sign_in_failures as f (key, failures) values (:key, 1)
      on conflict (key) do update set
        allowed = f.blocked_until is null or f.blocked_until <= now(),
        failures = case when f.blocked_until > now() then f.failures when f.failed_at < now() - interval '1 day' then 1 else f.failures + 1 end,
        failed_at = case when f.blocked_until > now() then f.failed_at else now() end,
        blocked_until = case
          when f.blocked_until > now() then f.blocked_until
          when f.failed_at >= now() - interval '1 day' and f.failures >= :free
            then now() + least(power(2, least(f.failures + 1 - :free, 12)), 900) * interval '1 second'
        end
      returning allowed, extract(epoch from blocked_until - now())::float8 as seconds`,
    { key: keyOf(subject), free: subject.free })
    if (!row.allowed) wait = Math.max(wait, Math.ceil(row.seconds))
  }
  return wait
}

/** Forgets the failures of an account and the try just counted for its address, after a sign-in that succeeded. */
export async function forgiveSignIn (db: Db, email: string, address: string): Promise<void> {
  const [account, network] = subjects(email, address)
  await db('sign_in_failures').where({ key: keyOf(account!) }).delete()
  await db('sign_in_failures').where({ key: keyOf(network!) }).update({ failures: db.raw('greatest(failures - 1, 0)'), blocked_until: null })
}
