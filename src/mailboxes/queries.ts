import type { Db } from '../database/knex.js'
import { keepable } from '../database/words.js'
import { NotFound } from '../web/errors.js'
import { Refusal } from '../web/refusal.js'
import { LOCKS } from './listening/holder.js'
import { MOST_MAILBOXES, type Mailbox, type MailboxState, type Problem } from './mailbox.js'

const SETTINGS = {
  id: 'm.id', name: 'm.name', host: 'm.host', port: 'm.port', security: 'm.security', username: 'm.username', passwordSealed: 'm.password_sealed', folder: 'm.folder',
  isOn: 'm.is_on', marksSeen: 'm.marks_seen', makesLeads: 'm.makes_leads', version: 'm.version'
}

// Whoever listens holds its lock for as long as their process lives: src/mailboxes/listening/holder.ts.
const IS_HELD = `exists (select from pg_locks k where k.locktype = 'advisory' and k.database = (select oid from pg_database where datname = current_database())
  and k.classid = ${LOCKS} and k.objid = m.id::oid and k.objsubid = 2 and k.granted)`

const STATE = { listeningSince: 'm.listening_since', letterAt: 'm.letter_at', problem: 'm.problem', said: 'm.said', nextTryAt: 'm.next_try_at' }

/** The mailboxes, in the order in which they were added, and how each stands. */
export async function listMailboxes (db: Db): Promise<(Mailbox & MailboxState)[]> {
  return db('mailboxes as m').orderBy('m.id').select({ ...SETTINGS, ...STATE }, db.raw(`m.is_on and m.listening_since is not null and ${IS_HELD} as "isListening"`))
}

/** One mailbox and how it stands. Throws NotFound. */
export async function findMailbox (db: Db, id: number | null): Promise<Mailbox & MailboxState> {
  const row = id === null ? undefined : await db('mailboxes as m').where('m.id', id).first({ ...SETTINGS, ...STATE }, db.raw(`m.is_on and m.listening_since is not null and ${IS_HELD} as "isListening"`))
  if (!row) throw new NotFound()
  return row
}

/** Those to listen to. */
export async function mailboxesOn (db: Db): Promise<Mailbox[]> {
  return db('mailboxes as m').where('m.is_on', true).orderBy('m.id').select(SETTINGS)
}

/** What a form of a mailbox writes. */
export type MailboxWrite = Omit<Mailbox, 'id' | 'version'>

const row = ({ passwordSealed, isOn, marksSeen, makesLeads, ...same }: MailboxWrite) => ({ ...same, password_sealed: passwordSealed, is_on: isOn, marks_seen: marksSeen, makes_leads: makesLeads })

/** Adds a mailbox, of which letters that come from now on are taken. Returns its id. Throws Refusal when there are as many as there may be. */
export async function addMailbox (trx: Db, values: MailboxWrite): Promise<number> {
  await trx.raw("select pg_advisory_xact_lock(hashtext('mailboxes'))")
  const { count } = await trx('mailboxes').count({ count: '*' }).first() as unknown as { count: number }
  if (count >= MOST_MAILBOXES) throw new Refusal({ form: { key: 'mailboxes.too_many', values: { count: MOST_MAILBOXES } } })
  const [{ id }] = await trx('mailboxes').insert(row(values)).returning('id')
  return id
}

/** Writes a mailbox that is still that of `version`. With `anew` it is another, of which letters that come from now on are taken. Throws Refusal. */
export async function writeMailbox (trx: Db, id: number, version: number, values: MailboxWrite, anew: boolean): Promise<void> {
  const changed = await trx('mailboxes').where({ id, version }).update({
    ...row(values), version: version + 1, problem: null, said: null, problem_at: null, next_try_at: null, listening_since: null,
    ...(anew && { since: trx.fn.now(), uid_validity: null, last_uid: 0, letter_at: null })
  })
  if (changed === 0) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
}

/** Forgets a mailbox, its password and where it stood; what came from it stays. Throws NotFound. */
export async function removeMailbox (trx: Db, id: number): Promise<Mailbox> {
  const mailbox = await trx('mailboxes as m').where('m.id', id).forUpdate().first(SETTINGS)
  if (!mailbox) throw new NotFound()
  await trx('mailboxes').where({ id }).delete()
  return mailbox
}

/** Up to which letter everything was taken: since when, where nothing was. */
export interface Place { since: Date, uidValidity: number | null, lastUid: number, letterAt: Date | null }

/** Where a mailbox of this version stands; undefined when it was changed or removed. */
export async function placeOf (db: Db, { id, version }: Pick<Mailbox, 'id' | 'version'>): Promise<Place | undefined> {
  return db('mailboxes').where({ id, version }).first({ since: 'since', uidValidity: 'uid_validity', lastUid: 'last_uid', letterAt: 'letter_at' })
}

/** Goes on behind a letter of a mailbox, in the transaction that takes it. Returns false when somebody else took it, or the mailbox was changed. */
export async function goPast (trx: Db, { id, version }: Pick<Mailbox, 'id' | 'version'>, uidValidity: number, uid: number): Promise<boolean> {
  return await trx('mailboxes').where({ id, version, uid_validity: uidValidity }).where('last_uid', '<', uid).update({ last_uid: uid, letter_at: trx.fn.now() }) > 0
}

/** Begins to count the letters of a folder: as if all up to this one were taken. */
export async function beginAt (db: Db, { id, version }: Pick<Mailbox, 'id' | 'version'>, uidValidity: number, lastUid: number): Promise<void> {
  await db('mailboxes').where({ id, version }).update({ uid_validity: uidValidity, last_uid: lastUid })
}

/** Says that a mailbox is listened to from now on. */
export async function sayListening (db: Db, { id, version }: Pick<Mailbox, 'id' | 'version'>): Promise<void> {
  await db('mailboxes').where({ id, version }).update({ listening_since: db.fn.now(), problem: null, said: null, problem_at: null, next_try_at: null })
}

/** Says why a mailbox isn't listened to, and when that is tried again. */
export async function sayProblem (db: Db, { id, version }: Pick<Mailbox, 'id' | 'version'>, problem: Problem, said: string, wait: number): Promise<void> {
  await db('mailboxes').where({ id, version }).update({
    listening_since: null, problem, said: keepable(said, 1000), problem_at: db.fn.now(), next_try_at: db.raw("now() + ? * interval '1 millisecond'", [wait])
  })
}

/** Lets those who wait for their next try begin it: something may be mended. */
export async function hurryMailboxes (db: Db): Promise<void> {
  await db.raw("select pg_notify('clientela', '{\"topic\": \"mailboxes\", \"name\": \"mailboxes\"}')")
}
