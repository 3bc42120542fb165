import { maskEmail, maskPhone } from '../clients/masking.js'
import { PREPARED, type Db } from '../database/knex.js'
import { told } from '../form-editor/own/save.js'
import { shapeOf } from '../form-editor/shape.js'
import type { Shape } from '../form-editor/definition.js'
import { isNothing, valuesOf, type ValueRow } from '../form-editor/value.js'
import { unpacked, valueRows } from '../form-editor/values.js'
import { typeName } from '../leads/types.js'
import { statusName } from '../leads/statuses.js'
import { formatFor } from '../web/format.js'
import { translator } from '../web/i18n.js'
import { wordsOf, type Labels } from '../web/labels.js'
import type { Language } from '../web/viewer.js'
import { daysLater, dayOf, localOf } from '../web/zone.js'
import type { Value } from './engine.js'
import { ownName, ownOf } from './variables.js'

/** Whom a message is to, of which lead, and who writes: each may be nobody. */
export interface About { clientId: number | null, leadId?: number | null, employeeId?: number | null }

/** Everything that variables say of these, as it is kept. */
export interface Context {
  company: { name: string, country: string, language: Language, time_zone: string, phone: string, email: string, address: string, website: string, booking: string, review: string, map: string }
  client: { name: string, first_name: string, surname: string, company_name: string, language: Language | null, address: string, location: string | null, discount_services: number, discount_products: number, phone: string | null, e164: string | null, email: string | null, own: ValueRow[] } | null
  lead: { number: string, type: Named, status: Named, contact: string, phone: string | null, due: string | null, created: string, location: string | null, own: ValueRow[] } | null
  employee: { name: string, email: string } | null
  shapes: { client: Shape, lead: Shape }
}
interface Named { key: string | null, labels: Labels }

const FIRST_PHONE = (columns: string) => `(select ${columns} from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1)`

const CONTEXT = `
  select
    (select json_build_object('name', o.name, 'country', o.country, 'language', o.language, 'time_zone', o.time_zone, 'phone', w.phone, 'email', w.email, 'address', w.address,
      'website', w.website, 'booking', w.booking, 'review', w.review, 'map', w.map) from organisation o, company_words w) as company,
    (select json_build_object('name', c.name, 'first_name', c.first_name, 'surname', c.surname, 'company_name', c.company_name, 'language', nullif(c.language, ''), 'address', c.address,
      'location', (select l.name from locations l where l.id = c.location_id), 'discount_services', c.discount_services::float8, 'discount_products', c.discount_products::float8,
      'phone', ${FIRST_PHONE('p.display')}, 'e164', ${FIRST_PHONE('p.e164')},
      'email', (select e.address from client_emails e where e.client_id = c.id and e.removed_at is null order by e.position, e.id limit 1), 'own', ${valueRows('client', 'c.id')})
      from clients c where c.id = :clientId::bigint) as client,
    (select json_build_object('number', d.number, 'type', json_build_object('key', t.key, 'labels', t.labels), 'status', json_build_object('key', s.key, 'labels', s.labels), 'contact', d.contact_name,
      'phone', (select p.display from lead_phones p where p.lead_id = d.id order by p.position, p.id limit 1), 'due', d.due_at, 'created', d.created_at,
      'location', (select l.name from locations l where l.id = d.location_id), 'own', ${valueRows('lead', 'd.id')})
      from leads d join lead_types t on t.id = d.type_id join lead_statuses s on s.id = d.status_id where d.id = :leadId::bigint) as lead,
    (select json_build_object('name', e.name, 'email', e.email) from employees e where e.id = :employeeId::bigint) as employee`

/** Reads what variables say, in one query. A client, lead or employee that isn't there is null, as if none had been named. */
export async function readContext (db: Db, { clientId, leadId = null, employeeId = null }: About): Promise<Context> {
  const [{ rows: [row] }, client, lead] = await Promise.all([db.raw(CONTEXT, { clientId, leadId, employeeId }).options(PREPARED), shapeOf(db, 'client'), shapeOf(db, 'lead')])
  for (const one of [row.client, row.lead]) if (one) one.own = unpacked(one.own)
  return { ...row, shapes: { client, lead } }
}

/** Hides contacts from a reader of a preview who may not see them in full; the client themselves gets them. */
export function maskContext (context: Context): Context {
  const { client, lead } = context
  const hide = (phone: string | null) => phone && maskPhone(phone)
  return {
    ...context,
    client: client && { ...client, phone: hide(client.phone), email: client.email && maskEmail(client.email) },
    lead: lead && { ...lead, phone: hide(lead.phone) }
  }
}

/** The value of every variable in a language, by its name. */
export function valuesIn (language: Language, context: Context, now = new Date()): Map<string, Value> {
  const { company, client, lead, employee, shapes } = context
  const t = translator(language), fmt = formatFor(language, company.country, company.time_zone, t)
  const say = (labels: Labels) => wordsOf(labels, language, company.language)
  const values = new Map<string, Value>()
  const put = (group: string, words: Record<string, string | null | undefined | false>) => {
    for (const [key, value] of Object.entries(words)) values.set(`${group}.${key}`, { words: value || '', holds: Boolean(value) })
  }
  const own = (group: 'client' | 'lead', rows: ValueRow[]) => {
    const fields = ownOf(shapes[group]), has = valuesOf(fields, rows)
    for (const field of fields) values.set(ownName(group, field), ownValue(field, has[field.key]!))
  }
  const ownValue = (field: Shape['fields'][number], value: ReturnType<typeof valuesOf>[string]): Value => {
    if (isNothing(value)) return { words: '', holds: false }
    if (typeof value === 'boolean') return { words: t(value ? 'yes' : 'no'), holds: value }
    const said = told(field, value)
    const words = Array.isArray(said) ? said.map(say).join(', ') : typeof said === 'object' && said !== null ? say(said)
      : field.kind === 'date' ? fmt.date(said as string) : field.kind === 'date_time' ? fmt.dateTime(new Date(said as string)) : typeof said === 'number' ? fmt.exact(said) : String(said)
    return { words, holds: words !== '' }
  }
  const percent = (discount: number) => discount > 0 && fmt.percent(discount)

  const { name, phone, email, address, website, booking, review, map } = company
  put('company', { name, phone, email, address })
  put('link', { website, booking, review, map })
  if (client) {
    const { own: rows, discount_services, discount_products, e164, language: _, ...plain } = client
    put('client', { ...plain, discount_services: percent(discount_services), discount_products: percent(discount_products) })
    own('client', rows)
  }
  if (lead) {
    const { number, contact, phone, location, type, status, due, created } = lead
    put('lead', { number, contact, phone, location, type: typeName(t, say, type), status: statusName(t, say, status), due: due && fmt.dateTime(new Date(due)), created: fmt.date(new Date(created)) })
    own('lead', lead.own)
  }
  if (employee) put('employee', { name: employee.name, first_name: employee.name.split(/\s+/)[0], email: employee.email })
  const today = dayOf(now, company.time_zone)
  put('date', {
    today: fmt.date(today), tomorrow: fmt.date(daysLater(today, 1)), weekday: fmt.weekday((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7 + 1),
    time: fmt.clock(localOf(now, company.time_zone).slice(11, 16)), year: today.slice(0, 4)
  })
  return values
}
