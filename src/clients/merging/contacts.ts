import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { CHANNELS } from '../client.js'
import type { ConsentChannel } from '../consents/consent.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'

/** A number or an e-mail address as the merged client has it: the row that stays, those that say the same, and what is agreed to. */
export interface United {
  id: number
  client: number
  display: string
  /** Rows of the same number or address: they are taken off, and come back by an undo. */
  doubles: number[]
  /** Each channel: whether the row that stays has it on, and whether it will; `word` is the entry of the history that says so. */
  boxes: { channel: ConsentChannel, was: boolean, is: boolean, word: number | null }[]
}

interface Row { id: number, client_id: number, key: string, display: string, words: { channel: ConsentChannel, given: boolean, at: string, id: number }[] }

const WORDS = (column: string, row: string) => `
  coalesce((select json_agg(json_build_object('channel', channel, 'given', given, 'at', at, 'id', id)) from (select distinct on (channel) channel, given, at, id from consents k where k.${column} = ${row}.id order by channel, id desc) last), '[]') as words`

/** The phones of clients as one client would have them: the survivor's first, each number once. With `shown`, masked for those who may not see them. */
export async function unitedPhones (db: Db, clients: readonly number[]): Promise<United[]> {
  const { rows } = await db.raw(`
    select p.id, p.client_id, coalesce(p.e164, nullif(p.digits, ''), p.typed) as key, p.display, ${WORDS('phone_id', 'p')}
    from client_phones p where p.client_id = any (:clients) and p.removed_at is null order by array_position(:clients::bigint[], p.client_id), p.position, p.id`, { clients: [...clients] })
  return unite(rows, CHANNELS)
}

/** The same of their e-mails. */
export async function unitedEmails (db: Db, clients: readonly number[]): Promise<United[]> {
  const { rows } = await db.raw(`
    select e.id, e.client_id, e.address_key as key, e.address as display, ${WORDS('email_id', 'e')}
    from client_emails e where e.client_id = any (:clients) and e.removed_at is null order by array_position(:clients::bigint[], e.client_id), e.position, e.id`, { clients: [...clients] })
  return unite(rows, ['email'])
}

/** As somebody sees them who may not see contacts in full. */
export const maskedUnited = (viewer: Viewer, united: United[], kind: 'phone' | 'email'): United[] =>
  seesContacts(viewer) ? united : united.map(one => ({ ...one, display: kind === 'phone' ? maskPhone(one.display) : maskEmail(one.display) }))

function unite (rows: readonly Row[], channels: readonly ConsentChannel[]): United[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) groups.set(row.key, [...groups.get(row.key) ?? [], row])
  return [...groups.values()].map(([first, ...others]) => ({
    id: first!.id,
    client: first!.client_id,
    display: first!.display,
    doubles: others.map(({ id }) => id),
    boxes: channels.map(channel => {
      const wordOf = (row: Row) => row.words.find(word => word.channel === channel)
      const last = [first!, ...others].map(wordOf).filter(word => word !== undefined).sort(byAge).at(-1)
      return { channel, was: wordOf(first!)?.given ?? false, is: last?.given ?? false, word: last?.id ?? null }
    })
  }))
}

// The last word counts; of two said in one moment the stricter one.
const byAge = (a: Row['words'][number], b: Row['words'][number]) => a.at.localeCompare(b.at) || Number(b.given) - Number(a.given)
