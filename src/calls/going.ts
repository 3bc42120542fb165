import { createHash } from 'node:crypto'
import { maskPhone, seesContacts } from '../clients/masking.js'
import { isClientOf } from '../clients/visibility.js'
import { PREPARED, type Db } from '../database/knex.js'
import type { LeadStatus } from '../leads/lead.js'
import { isLeadOf } from '../leads/visibility.js'
import type { Viewer } from '../web/viewer.js'
import type { CallState, Direction, Failure, Source } from './call.js'

interface KnownClient { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string }
interface KnownLead { id: number, number: string, contact_name: string, urgent: boolean, client_id: number | null, manager_id: number | null, location_id: number | null, by_phone: boolean, status: Pick<LeadStatus, 'key' | 'labels' | 'group' | 'colour'> }

/** A call that goes on, with everybody who may be calling, as nobody in particular sees it. */
export interface GoingCall {
  id: number
  adapter: Source
  direction: Direction
  state: CallState
  why: Failure | ''
  display: string
  extension: string
  ours: string
  at: Date
  employee_id: number | null
  employee: string | null
  dismissed_by: number[]
  clients: KnownClient[]
  leads: KnownLead[]
}

/** The card of a call as one viewer may see it. */
export interface Card extends Omit<GoingCall, 'dismissed_by' | 'adapter'> {
  isMine: boolean
  /** How many of their leads aren't listed. */
  moreLeads: number
}

const MOST_CALLS = 20
const MOST_CARDS = 4
const MOST_CLIENTS = 3
const MOST_LEADS = 3

/**
 * The calls that go on now, the newest first, with the clients and open leads of their numbers: in one query, of few rows. One whose end nobody
 * tells is shown no longer after three minutes of ringing or four hours; one that we made and that came to nothing, a minute after that.
 */
export async function listGoing (db: Db): Promise<GoingCall[]> {
  const { rows } = await db.raw(`
    select k.id, k.adapter, k.direction, k.state, k.why, k.display, k.extension, k.ours, coalesce(k.answered_at, k.started_at) as at, k.employee_id, e.name as employee, to_json(k.dismissed_by) as dismissed_by,
      coalesce((select json_agg(c order by c.archived, c.active_at desc, c.id) from (
        select c.id, c.name, c.is_supplier, c.is_conflicted, c.conflict_reason, c.archived_at is not null as archived, c.active_at from clients c
        where c.id = k.client_id or c.id in (select p.client_id from client_phones p where p.e164 = k.e164 and p.removed_at is null) order by c.archived_at is not null, c.active_at desc, c.id limit 10) c), '[]') as clients,
      coalesce((select json_agg(l order by l.id desc) from (
        select l.id, l.number, l.contact_name, l.urgent, l.client_id, l.manager_id, l.location_id, l.id in (select p.lead_id from lead_phones p where p.e164 = k.e164) as by_phone,
          json_build_object('key', s.key, 'labels', s.labels, 'group', s.group_key, 'colour', s.colour) as status
        from leads l join lead_statuses s on s.id = l.status_id
        where l.closed_at is null and l.archived_at is null and (l.id in (select p.lead_id from lead_phones p where p.e164 = k.e164) or l.client_id in (
          select k.client_id union all select p.client_id from client_phones p where p.e164 = k.e164 and p.removed_at is null))
        order by l.id desc limit 30) l), '[]') as leads
    from (
      select * from calls where ended_at is null and ((state = 'answered' and started_at > now() - interval '4 hours') or (state <> 'answered' and started_at > now() - interval '3 minutes'))
      union all
      select * from calls where ended_at > now() - interval '1 minute' and started_at > now() - interval '10 minutes' and direction = 'out' and state in ('missed', 'busy', 'failed')
    ) k left join employees e on e.id = k.employee_id order by k.id desc limit ${MOST_CALLS}`).options(PREPARED)
  return rows
}

/** What of these calls somebody is shown: who may see calls those that come in, and whoever made one that one; names, leads and numbers as their rights allow. */
export function cardsFor (viewer: Viewer, calls: readonly GoingCall[]): Card[] {
  const full = seesContacts(viewer)
  return calls.filter(call => !call.dismissed_by.includes(viewer.id) && (call.direction === 'out' ? call.employee_id === viewer.id : viewer.can('calls.view'))).slice(0, MOST_CARDS).map(call => {
    const { dismissed_by: _, adapter: __, ...shown } = call
    const clients = call.clients.filter(client => isClientOf(viewer, client)).slice(0, MOST_CLIENTS)
    // A lead that only its client's number leads to would tell whose number it is.
    const leads = call.leads.filter(lead => isLeadOf(viewer, lead) && (lead.by_phone || clients.some(({ id }) => id === lead.client_id)))
    return { ...shown, display: full ? call.display : maskPhone(call.display), clients, leads: leads.slice(0, MOST_LEADS), moreLeads: Math.max(0, leads.length - MOST_LEADS), isMine: call.employee_id === viewer.id }
  })
}

/** Whether anything of calls can be shown to somebody. */
export const hearsOfCalls = (viewer: Viewer): boolean => viewer.can('calls.view') || viewer.can('calls.make')

/** What a page shows of calls, in short: a stream that begins later compares. */
export const printOf = (cards: readonly Card[]): string => cards.length === 0 ? '0' : createHash('sha256').update(JSON.stringify(cards)).digest('base64url').slice(0, 12)
