import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { recordEvent } from '../feed/record.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import { visibleTo } from '../visibility.js'
import type { Agreeing, ConsentEntry, How } from './consent.js'

export const CONSENT_PAGE = 50

/** What a history is narrowed to: one number or e-mail, and what is older than an entry. */
export interface HistoryFilter { phone: number | null, email: number | null, older: number | null }

const ENTRY = `
  k.id, k.at, k.phone_id, k.email_id, k.channel, k.address, coalesce(p.removed_at, e.removed_at) is not null as removed, k.given, w.name as by, k.source, k.source_name,
  coalesce(n.how, k.how) as how, coalesce(n.note, '') as note, n.by as noted_by, n.at as noted_at, n.id as note_id,
  case when d.id is not null then json_build_object('language', d.language, 'version', d.version, 'body', d.body) end as wording`

// Of what was said afterwards the last counts.
const JOINS = `
  left join client_phones p on p.id = k.phone_id
  left join client_emails e on e.id = k.email_id
  left join employees w on w.id = k.employee_id
  left join consent_wordings d on d.id = k.wording_id
  left join lateral (
    select n.id, n.how, n.note, n.at, x.name as by from consent_notes n left join employees x on x.id = n.employee_id where n.consent_id = k.id order by n.id desc limit 1
  ) n on true`

/** A page of what a client said, newest first. The client has to be the viewer's to see. */
export async function listConsents (db: Db, viewer: Viewer, clientId: number, { phone, email, older }: HistoryFilter): Promise<{ entries: ConsentEntry[], older: number | null }> {
  const { rows } = await db.raw(`
    select ${ENTRY} from consents k ${JOINS}
    where k.client_id = :clientId and (:phone::bigint is null or k.phone_id = :phone) and (:email::bigint is null or k.email_id = :email) and (:older::bigint is null or k.id < :older)
    order by k.id desc limit :limit`, { clientId, phone, email, older, limit: CONSENT_PAGE + 1 })
  const entries = rows.slice(0, CONSENT_PAGE).map((row: ConsentEntry) => maskedEntry(viewer, row))
  return { entries, older: rows.length > CONSENT_PAGE ? entries.at(-1).id : null }
}

/** One entry of a client's history. Throws NotFound. */
export async function findConsent (db: Db, viewer: Viewer, clientId: number, id: number | null): Promise<ConsentEntry> {
  const { rows: [row] } = id === null ? { rows: [] } : await db.raw(`select ${ENTRY} from consents k ${JOINS} where k.client_id = :clientId and k.id = :id`, { clientId, id })
  if (!row) throw new NotFound()
  return maskedEntry(viewer, row)
}

/** A client's numbers and addresses with what they agree to now: those there are, and those that were taken off and have a history. */
export async function listAgreeing (db: Db, viewer: Viewer, clientId: number): Promise<Agreeing[]> {
  const { rows } = await db.raw(`
    select 'phone' as kind, id, display as address, removed_at is not null as removed, array_remove(array[case when whatsapp then 'whatsapp' end, case when viber then 'viber' end, case when sms then 'sms' end], null) as channels, position
    from client_phones p where client_id = :clientId and (removed_at is null or exists (select from consents k where k.phone_id = p.id))
    union all
    select 'email', id, address, removed_at is not null, case when agrees then array['email'] else '{}' end, 1000 + position
    from client_emails e where client_id = :clientId and (removed_at is null or exists (select from consents k where k.email_id = e.id))
    order by removed, position, id`, { clientId })
  return rows.map((row: Agreeing) => seesContacts(viewer) ? row : { ...row, address: masked(row.kind, row.address) })
}

export interface NoteValues { how: How, note: string }

/**
 * Says how a consent came, and the feed with it. What was said before stays in the table. Returns false when somebody said something
 * else since `seen`, the id of the note that the writer saw. The client has to be locked.
 */
export async function noteConsent (trx: Db, by: Viewer, clientId: number, consent: ConsentEntry, { how, note }: NoteValues, seen: number | null): Promise<boolean> {
  const last = await trx('consent_notes').where({ consent_id: consent.id }).orderBy('id', 'desc').first('id', 'how', 'note')
  if ((last?.id ?? null) !== seen) return last?.how === how && last?.note === note
  if (consent.how === how && consent.note === note) return true
  await trx('consent_notes').insert({ consent_id: consent.id, how, note, employee_id: by.id })
  const { address } = await trx('consents').where({ id: consent.id }).first('address')
  await recordEvent(trx, by, clientId, 'consent.noted', { channel: consent.channel, given: consent.given, address, how, note })
  return true
}

/** What an export holds: one client's history or everybody's, of some days or of all. */
export interface ExportFilter { clientId?: number, from: string | null, to: string | null }
export interface ExportRow extends ConsentEntry { client_id: number, client: string, local: string }

const CHUNK = 1000

/**
 * The history as the viewer may see it, oldest first, read in chunks so that however much there is, little of it is in memory. Days are
 * those of the company's zone, and so is `local`, "2026-11-03 10:42:05".
 */
export async function * exportConsents (db: Db, viewer: Viewer, { clientId, from, to }: ExportFilter): AsyncGenerator<ExportRow> {
  const zone = viewer.organisation.timeZone
  let last: { key: string, id: number } | undefined
  for (;;) {
    const rows: (ExportRow & { key: string })[] = await db('consents as k').join('clients as c', 'c.id', 'k.client_id').joinRaw(JOINS)
      .select('k.client_id', 'c.name as client', db.raw(ENTRY), db.raw("to_char(k.at at time zone ?, 'YYYY-MM-DD HH24:MI:SS') as local, k.at::text as key", [zone]))
      .modify(query => {
        visibleTo(viewer)(query, 'c')
        if (clientId) query.where('k.client_id', clientId)
        if (from) query.whereRaw('k.at >= ?::date::timestamp at time zone ?', [from, zone])
        if (to) query.whereRaw('k.at < (?::date + 1)::timestamp at time zone ?', [to, zone])
        if (last) query.whereRaw('(k.at, k.id) > (?::timestamptz, ?)', [last.key, last.id]) // as text: a Date forgets the microseconds
      })
      .orderBy([{ column: 'k.at' }, { column: 'k.id' }]).limit(CHUNK)
    for (const row of rows) yield row
    if (rows.length < CHUNK) return
    const { key, id } = rows.at(-1)!
    last = { key, id }
  }
}

const masked = (kind: string, address: string) => kind === 'email' ? maskEmail(address) : maskPhone(address)

function maskedEntry (viewer: Viewer, entry: ConsentEntry): ConsentEntry {
  return seesContacts(viewer) ? entry : { ...entry, address: masked(entry.channel, entry.address) }
}

