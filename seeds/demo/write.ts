import type { Db } from '../../src/database/knex.js'
import type { Client, Ids } from './client.js'

/** The tables, the columns written to them, and who counts their ids. */
const COLUMNS = {
  clients: {
    ids: 'client',
    columns: 'id bigint, kind text, first_name text, surname text, company_name text, is_supplier boolean, is_conflicted boolean, conflict_reason text, address text, ' +
      'campaign_id bigint, location_id bigint, discount_services numeric, discount_products numeric, price_type_services_id bigint, note text, version int, created_at timestamptz, created_by bigint, active_at timestamptz, archived_at timestamptz'
  },
  client_tags: { ids: null, columns: 'client_id bigint, tag_id bigint' },
  client_phones: {
    ids: 'phone',
    columns: 'id bigint, client_id bigint, position int, type_id bigint, typed text, e164 text, display text, digits text, whatsapp boolean, viber boolean, sms boolean, removed_at timestamptz'
  },
  client_emails: { ids: 'email', columns: 'id bigint, client_id bigint, position int, address text, agrees boolean, removed_at timestamptz' },
  client_values: { ids: null, columns: 'client_id bigint, field_id bigint, position int, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id bigint, unique_key text' },
  consents: { ids: 'consent', columns: 'id bigint, client_id bigint, phone_id bigint, email_id bigint, channel text, address text, given boolean, at timestamptz, employee_id bigint, source text, source_name text, how text, wording_id bigint' },
  events: { ids: 'event', columns: 'id bigint, client_id bigint, kind text, employee_id bigint, at timestamptz, version int, details jsonb, body text' }
} as const satisfies Record<string, { ids: keyof Ids | null, columns: string }>

type Table = keyof typeof COLUMNS

/** The tables that clients fill, in the order of their references. */
export const TABLES = Object.keys(COLUMNS) as Table[]

/** The last id that each table has given. Nobody else may write until keepIds. */
export async function lastIds (db: Db): Promise<Record<keyof Ids, number>> {
  const last: Partial<Record<keyof Ids, number>> = {}
  for (const [table, { ids: name }] of Object.entries(COLUMNS)) {
    if (name) last[name] = (await db.raw('select coalesce(max(id), 0) as last from ??', [table])).rows[0].last
  }
  return last as Record<keyof Ids, number>
}

/** Counts on from there. */
export function countFrom (last: Record<keyof Ids, number>): Ids {
  const counting = { ...last }
  return { client: () => ++counting.client, phone: () => ++counting.phone, email: () => ++counting.email, consent: () => ++counting.consent, event: () => ++counting.event }
}

/** Tells the tables how far their ids have come. */
export async function keepIds (db: Db): Promise<void> {
  for (const [table, { ids }] of Object.entries(COLUMNS)) {
    if (ids) await db.raw("select setval(pg_get_serial_sequence(?, 'id'), coalesce(max(id), 1), max(id) is not null) from ??", [table, table])
  }
}

/** Tells Postgres what the tables have come to: of tables that were empty a moment ago it expects nothing, and chooses ways that take a thousand times as long. */
export async function analyse (db: Db): Promise<void> {
  for (const table of [...TABLES, 'client_words']) await db.raw('analyze ??', [table])
}

/** Writes clients with all that belongs to them: one statement a table. */
export async function writeClients (db: Db, clients: Client[]): Promise<void> {
  const rows = rowsOf(clients)
  for (const table of TABLES) await insert(db, table, rows[table])
}

/**
 * The same for thousands, in a transaction on a database nobody uses yet: the search columns are made once a chunk instead of once a table, and nobody is told of
 * events. References are checked as ever; if it fails, the triggers are on again.
 */
export async function writeManyClients (trx: Db, clients: Client[]): Promise<void> {
  for (const table of TABLES) await trx.raw('alter table ?? disable trigger user', [table])
  await writeClients(trx, clients)
  await trx.raw('select index_clients(?)', [clients.map(({ id }) => id)])
  for (const table of TABLES) await trx.raw('alter table ?? enable trigger user', [table])
}

async function insert (db: Db, table: Table, rows: object[]): Promise<void> {
  if (rows.length === 0) return
  const { columns } = COLUMNS[table]
  const names = columns.replace(/(\w+) \w+/g, '$1')
  await db.raw(`insert into ${table} (${names}) overriding system value select ${names} from json_to_recordset(?) as rows(${columns})`, [JSON.stringify(rows)])
}

// What of a client stands in other tables; JSON leaves undefined out.
const ELSEWHERE = { phones: undefined, emails: undefined, tags: undefined, values: undefined, consents: undefined, events: undefined, branch: undefined, campaign: undefined, location: undefined, price: undefined }

function rowsOf (clients: Client[]): Record<Table, object[]> {
  const of = <T extends object>(list: (client: Client) => T[]) => clients.flatMap(client => list(client).map(row => ({ ...row, client_id: client.id })))
  return {
    clients: clients.map(client => ({
      ...client, ...ELSEWHERE, campaign_id: client.campaign?.id, location_id: client.location?.id, price_type_services_id: client.price?.id, active_at: client.events.at(-1)!.at
    })),
    client_tags: of(client => client.tags.map(tag => ({ tag_id: tag.id }))),
    client_phones: of(client => client.phones.map(({ type, ...row }) => ({ ...row, type_id: type.id }))),
    client_emails: of(client => client.emails),
    client_values: of(client => client.values),
    consents: of(client => client.consents),
    events: of(client => client.events)
  }
}
