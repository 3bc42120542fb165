import type { Named } from '../clients/client.js'
import { maskEmail, maskPhone, seesContacts, stampOf } from '../clients/masking.js'
import { numberKey } from '../clients/phones/number.js'
import { visibleTo } from '../clients/visibility.js'
import { PREPARED, type Db } from '../database/knex.js'
import type { OwnWrite } from '../form-editor/own/form.js'
import { changeOwn } from '../form-editor/own/save.js'
import type { ValueRow } from '../form-editor/value.js'
import { unpacked, valueRows } from '../form-editor/values.js'
import { STAMP_KEY } from '../installation/queries.js'
import type { Labels } from '../web/labels.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { LeadChange, SystemField } from './feed/event.js'
import { recordLeadEvent } from './feed/record.js'
import type { LeadFields, PhoneWrite } from './form.js'
import type { Group } from './lead.js'
import { lateFrom } from './limit.js'
import { settle } from './moving.js'
import { listStatuses } from './statuses.js'
import { SEES_LEADS, seesLeads, visibleLeads } from './visibility.js'

export interface LeadPhone { id: number, typed: string, e164: string | null, display: string, masked: boolean, /** Of a masked one, as that of a client's phone. */ stamp?: string }

/** The client of a lead as somebody sees it who may see clients. */
export interface LeadClient { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string, archived_at: Date | null, phones: { id: number, display: string, e164: string | null }[], emails?: { id: number, address: string }[] }

/** A lead with everything its page shows. Minutes are counted by the database's clock. */
export interface Lead {
  id: number
  number: string
  type_id: number
  type: { key: string | null, labels: Labels, icon: string }
  status_id: number
  status: { id: number, key: string | null, labels: Labels, group: Group, colour: string | null }
  status_since: Date
  /** How many minutes it has been in its status too long, below 0 how many are left; null when that has no limit, or it is closed. */
  status_late: number | null
  client_id: number | null
  /** Null also when the viewer may not see that client. */
  client: LeadClient | null
  contact_name: string
  phones: LeadPhone[]
  campaign_id: number | null
  campaign: Named | null
  location_id: number | null
  location: Named | null
  manager_id: number | null
  manager: Named | null
  comment: string
  due_at: Date | null
  /** How many minutes past due it is, below 0 how many are left; null when it isn't due or is closed. */
  due_late: number | null
  urgent: boolean
  lost_reason: string
  created_at: Date
  creator: Named | null
  closed_at: Date | null
  archived_at: Date | null
  version: number
  /** What it has in own fields, as rows of lead_values. */
  own: ValueRow[]
}

const named = (table: string, id: string) => `(select json_build_object('id', n.id, 'name', n.name) from ${table} n where n.id = ${id})`

const SHOWN = `
  leads.id, leads.number, leads.type_id, leads.status_id, leads.status_since, leads.client_id, leads.contact_name, leads.campaign_id, leads.location_id, leads.manager_id, leads.comment, leads.due_at, leads.urgent,
  leads.lost_reason, leads.created_at, leads.closed_at, leads.archived_at, leads.version,
  case when leads.closed_at is null then floor(extract(epoch from now() - leads.status_late_at) / 60)::int end as status_late,
  case when leads.closed_at is null then floor(extract(epoch from now() - leads.due_at) / 60)::int end as due_late,
  (select json_build_object('key', y.key, 'labels', y.labels, 'icon', y.icon) from lead_types y where y.id = leads.type_id) as type,
  (select json_build_object('id', s.id, 'key', s.key, 'labels', s.labels, 'group', s.group_key, 'colour', s.colour) from lead_statuses s where s.id = leads.status_id) as status,
  ${named('campaigns', 'leads.campaign_id')} as campaign, ${named('locations', 'leads.location_id')} as location,
  ${named('employees', 'leads.manager_id')} as manager, ${named('employees', 'leads.created_by')} as creator,
  coalesce((select json_agg(json_build_object('id', p.id, 'typed', p.typed, 'e164', p.e164, 'display', p.display, 'masked', false) order by p.position, p.id) from lead_phones p where p.lead_id = leads.id), '[]') as phones,
  ${valueRows('lead', 'leads.id')} as own`

/** A lead with everything its page shows, phones masked for those who may not see them. Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findLead (db: Db, viewer: Viewer, id: number | null): Promise<Lead> {
  const sees = seesContacts(viewer)
  const found = id === null ? undefined : await db('leads').where('leads.id', id).modify(visibleLeads(viewer)).first(db.raw(sees ? SHOWN : `${SHOWN}, ${STAMP_KEY}`)).options(PREPARED)
  if (!found) throw new NotFound()
  const { stamp_key: key, ...row } = found
  const phones = sees ? row.phones : row.phones.map((phone: LeadPhone) => ({ ...phone, typed: maskPhone(phone.display), display: maskPhone(phone.display), e164: null, masked: true, stamp: stampOf(key, 'lead_phone', phone.id, numberKey(phone)) }))
  return { ...row, phones, own: unpacked(row.own), client: row.client_id === null ? null : await findClientOf(db, viewer, row.client_id) }
}

/** Locks a lead's row until the end of the transaction, so that of two saves the second sees what the first wrote. Throws NotFound like findLead. */
export async function lockLead (trx: Db, viewer: Viewer, id: number | null): Promise<Lead> {
  const locked = id === null ? undefined : await trx('leads').where('leads.id', id).modify(visibleLeads(viewer)).forUpdate().first('id')
  if (!locked) throw new NotFound()
  return findLead(trx, viewer, id)
}

/** A lead that is this client's and the viewer's to see, of what a form or an address names; else null. */
export async function leadOfClient (db: Db, viewer: Viewer, clientId: number, id: number | null): Promise<number | null> {
  const lead = id !== null && seesLeads(viewer) && await db('leads').where({ 'leads.id': id, client_id: clientId }).modify(visibleLeads(viewer)).first('id')
  return lead ? lead.id : null
}

/** Whether this viewer may see a lead. */
export const seesLead = async (db: Db, viewer: Viewer, id: number): Promise<boolean> =>
  Boolean(await db('leads').where('leads.id', id).modify(visibleLeads(viewer)).first('id'))

async function findClientOf (db: Db, viewer: Viewer, id: number): Promise<LeadClient | null> {
  const client = await db('clients').where('clients.id', id).modify(visibleTo(viewer)).first('id', 'name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'archived_at')
  if (!client) return null
  const phones = await db('client_phones').where({ client_id: id, removed_at: null }).orderBy(['position', 'id']).select('id', 'display', 'e164')
  const emails = viewer.can('messages.send') ? await db('client_emails').where({ client_id: id, removed_at: null, agrees: true }).orderBy(['position', 'id']).select('id', 'address') : []
  return { ...client, emails: seesContacts(viewer) ? emails : emails.map(email => ({ ...email, address: maskEmail(email.address) })), phones: seesContacts(viewer) ? phones : phones.map(({ id, display }) => ({ id, display: maskPhone(display), e164: null })) }
}

export interface LeadChoices { campaigns: Named[], locations: Named[], managers: Named[], defaultType: number }

/** What the form offers to choose from: what is on offer now, and what this lead has though it was retired or left. */
export async function listLeadChoices (db: Db, lead: Pick<Lead, 'campaign_id' | 'location_id' | 'manager_id'> | null): Promise<LeadChoices> {
  const list = (table: string, id: string) => `
    (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by position nulls last, name_key, id), '[]') from ${table} where retired_at is null or id = :${id})`
  const { rows: [row] } = await db.raw(`
    select ${list('campaigns', 'campaign')} as campaigns, ${list('locations', 'location')} as locations, (select default_type_id from lead_settings) as "defaultType",
      (select coalesce(json_agg(json_build_object('id', e.id, 'name', e.name) order by fold(e.name), e.id), '[]') from employees e where ${MANAGES} or e.id = :manager) as managers`,
  { campaign: lead?.campaign_id ?? null, location: lead?.location_id ?? null, manager: lead?.manager_id ?? null })
  return row
}

// Who works here and may see leads can be given one.
export const MANAGES = `e.deactivated_at is null and e.password_hash is not null and exists (select from roles r where r.id = e.role_id and (r.key = 'owner' or r.rights && array[${SEES_LEADS.map(right => `'${right}'`).join(', ')}]))`

/** Whether somebody can be a lead's manager. */
export const managesLeads = async (db: Db, employeeId: number): Promise<boolean> =>
  (await db.raw(`select from employees e where e.id = ? and ${MANAGES}`, [employeeId])).rows.length > 0

/** Somebody chose what isn't on offer: `field` is where it has to be said. */
export class ChoiceGone extends Error {
  constructor (readonly field: string) { super(field) }
}

async function assertOnOffer (trx: Db, values: Partial<LeadFields>): Promise<void> {
  const has = async (table: string, id: number | null | undefined, column = 'retired_at') => id == null || Boolean(await trx(table).where({ id, [column]: null }).first('id'))
  if ('type_id' in values && !await has('lead_types', values.type_id, 'removed_at')) throw new ChoiceGone('type_id')
  if (!await has('campaigns', values.campaign_id)) throw new ChoiceGone('campaign_id')
  if (!await has('locations', values.location_id)) throw new ChoiceGone('location_id')
  if (values.manager_id != null && !await managesLeads(trx, values.manager_id)) throw new ChoiceGone('manager_id')
}

/** Writes what of these and of own fields differs from what is there, and one entry in the feed that names it all. The lead has to be locked. Returns whether anything changed. Throws ChoiceGone, and what writeValues does. */
export async function changeLead (trx: Db, by: Viewer, lead: Lead, values: Partial<LeadFields>, own: readonly OwnWrite[] = []): Promise<boolean> {
  const { phones, ...columns } = values
  await assertOnOffer(trx, columns)
  if (Object.keys(values).length + own.length === 0) return false
  const before = await told(trx, lead.id)
  if (phones) await writePhones(trx, lead.id, phones)
  if (Object.keys(columns).length > 0) await trx('leads').where({ id: lead.id }).update(columns)
  const after = await told(trx, lead.id)
  const changes: LeadChange[] = Object.keys(before).filter(field => JSON.stringify(before[field]) !== JSON.stringify(after[field])).map(field => ({ field: field as SystemField, old: before[field], new: after[field] }))
  changes.push(...await changeOwn(trx, 'lead', lead, own))
  if (changes.length === 0) return false
  if ('location_id' in columns) await limitAnew(trx, by, lead, columns.location_id!)
  await recordLeadEvent(trx, by, lead.id, 'lead.changed', { changes })
  if (columns.type_id) await settle(trx, by, lead.id, columns.type_id)
  return true
}

// Working hours are the location's.
async function limitAnew (trx: Db, by: Viewer, lead: Lead, locationId: number | null): Promise<void> {
  if (lead.closed_at) return
  const status = (await listStatuses(trx, { removed: true })).find(({ id }) => id === lead.status_id)!
  await trx('leads').where({ id: lead.id }).update({ status_late_at: await lateFrom(trx, by.organisation.timeZone, status, lead.status_since, locationId) })
}

/** The fields as the feed tells them, with the names of the day. */
async function told (trx: Db, id: number): Promise<Record<string, unknown>> {
  const { rows: [row] } = await trx.raw(`
    select (select json_build_object('id', y.id, 'key', y.key, 'labels', y.labels) from lead_types y where y.id = leads.type_id) as type, contact_name,
      (select json_agg(display order by position, id) from lead_phones p where p.lead_id = leads.id) as phones,
      ${named('campaigns', 'leads.campaign_id')} as campaign_id, comment, due_at as due, urgent, ${named('locations', 'leads.location_id')} as location_id, ${named('employees', 'leads.manager_id')} as manager_id
    from leads where id = ?`, [id])
  return row
}

async function writePhones (trx: Db, leadId: number, phones: readonly PhoneWrite[]): Promise<void> {
  const stays = phones.flatMap(({ id }) => id ?? [])
  await trx('lead_phones').where({ lead_id: leadId }).whereNotIn('id', stays).delete()
  for (const [position, { id, number }] of phones.entries()) {
    if (id === null && number) await trx('lead_phones').insert({ lead_id: leadId, position, ...number })
    else if (id !== null) await trx('lead_phones').where({ id, lead_id: leadId }).update({ position, ...number })
  }
}

/** Puts a lead away, or back. Returns false when it already is where it should be. */
export async function setLeadArchived (trx: Db, by: Viewer, lead: Lead, archived: boolean): Promise<boolean> {
  if (archived === (lead.archived_at !== null)) return false
  await trx('leads').where({ id: lead.id }).update({ archived_at: archived ? trx.fn.now() : null })
  await recordLeadEvent(trx, by, lead.id, archived ? 'lead.archived' : 'lead.restored', {})
  return true
}

/** A stay of a lead in a status: from when, by whom, and for how many minutes; null of a closed one's last. */
export interface Stay { id: number, status_id: number, at: Date, by: string | null, minutes: number | null }

/** The history of a lead's statuses, the newest first. */
export async function listStays (db: Db, leadId: number): Promise<Stay[]> {
  const { rows } = await db.raw(`
    select m.id, m.to_id as status_id, m.at, e.name as by,
      floor(extract(epoch from coalesce(lead(m.at) over (order by m.id), case when l.closed_at is null then now() end) - m.at) / 60)::int as minutes
    from lead_moves m join leads l on l.id = m.lead_id left join employees e on e.id = m.employee_id where m.lead_id = ? order by m.id desc`, [leadId])
  return rows
}
