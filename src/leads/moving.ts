import type { Db } from '../database/knex.js'
import { Forbidden, HttpError, NotFound } from '../web/errors.js'
import type { FieldError } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { recordLeadEvent } from './feed/record.js'
import { isClosed, type LeadStatus } from './lead.js'
import { lateFrom } from './limit.js'
import { listStatuses } from './statuses.js'
import { visibleLeads } from './visibility.js'

/** The lead isn't in the status from which it was to be moved: somebody else was quicker, who and when. */
export class MovedMeanwhile extends HttpError {
  constructor (readonly status: number, readonly by: string | null, readonly at: Date) { super(409, 'lead_moved') }
}

/** The lead may not go there, or not so: `error` says why, in words for beside the buttons. */
export class MoveRefused extends Error {
  constructor (readonly error: FieldError) { super(error.key) }
}

export interface Move {
  to: number | null
  /** The status in which its mover saw it; null: whichever it is in. */
  from?: number | null
  /** Why it was lost. */
  reason?: string
}

/** The statuses into which this viewer may move a lead from one. Won is reached by an order or a sale, unless one has the right to say so. */
export function movesFrom (viewer: Viewer, statuses: readonly LeadStatus[], from: number): LeadStatus[] {
  if (!viewer.can('leads.move')) return []
  const next = statuses.find(({ id }) => id === from)?.next ?? []
  return statuses.filter(status => next.includes(status.id) && mayEnter(viewer, status))
}

/** Whether this viewer may move leads into a status, from wherever it may be reached. */
export const mayEnter = (viewer: Viewer, { group, roles }: LeadStatus): boolean =>
  (group !== 'won' || viewer.can('leads.win')) && (roles.length === 0 || viewer.roleKey === 'owner' || roles.includes(viewer.roleId))

/**
 * Moves a lead into another status, with its history and feed; the row is locked, so that of two who move it the second is told. Throws
 * NotFound for one that isn't the viewer's to see, Forbidden, MovedMeanwhile and MoveRefused.
 */
export async function moveLead (trx: Db, by: Viewer, id: number | null, { to, from = null, reason = '' }: Move): Promise<void> {
  if (!by.can('leads.move')) throw new Forbidden(['leads.move'])
  const lead = id === null ? undefined : await trx('leads').where({ 'leads.id': id }).modify(visibleLeads(by)).forUpdate().first('id', 'status_id', 'location_id', 'urgent', 'archived_at')
  if (!lead) throw new NotFound()
  if (lead.archived_at) throw new MoveRefused({ key: 'leads.is_archived' })
  if (from !== null && from !== lead.status_id) throw await whoMoved(trx, lead)
  // Whoever changes the status it goes to (closes it, limits it, deletes it) is waited for, and finds this lead in it afterwards.
  if (to !== null) await trx('lead_statuses').where({ id: to }).forKeyShare().select('id')
  const statuses = await listStatuses(trx, { removed: true }) // it may be in one that was removed
  const target = assertMove(by, statuses, lead.status_id, { to, reason })
  await enter(trx, by, lead, target, target.group === 'lost' ? reason : '')
}

/** The status into which a lead goes from another. Throws MoveRefused and Forbidden for a move that isn't allowed. */
export function assertMove (by: Viewer, statuses: readonly LeadStatus[], from: number, { to, reason = '' }: Move): LeadStatus {
  const target = statuses.find(status => status.id === to)
  if (!target) throw new MoveRefused({ key: 'leads.status_gone' })
  if (!statuses.find(status => status.id === from)?.next.includes(target.id)) throw new MoveRefused({ key: 'leads.no_such_move' })
  if (!mayEnter(by, target)) throw new Forbidden(target.group === 'won' ? ['leads.win'] : [])
  if (target.group === 'lost' && reason === '') throw new MoveRefused({ key: 'leads.reason_needed' })
  return target
}

/** A lead whose status isn't there any more goes on, with another type, in the first status of that one. The lead has to be locked. */
export async function settle (trx: Db, by: Viewer, id: number, typeId: number): Promise<void> {
  const { rows: [lead] } = await trx.raw('select l.id, l.status_id, l.location_id, l.urgent from leads l join lead_statuses s on s.id = l.status_id where l.id = ? and s.removed_at is not null', [id])
  if (!lead) return
  const { first_status_id: first } = (await trx('lead_types').where({ id: typeId }).forShare().first('first_status_id'))!
  await enter(trx, by, lead, (await listStatuses(trx)).find(status => status.id === first)!, '')
}

async function enter (trx: Db, by: Viewer, lead: { id: number, status_id: number, location_id: number | null, urgent: boolean }, status: LeadStatus, reason: string): Promise<void> {
  const { rows: [{ now }] } = await trx.raw('select clock_timestamp() as now')
  const closed = isClosed(status.group), calmed = lead.urgent && status.group === 'won'
  await trx('leads').where({ id: lead.id }).update({
    status_id: status.id, status_since: now, status_late_at: closed ? null : await lateFrom(trx, by.organisation.timeZone, status, now, lead.location_id),
    closed_at: closed ? now : null, lost_reason: reason, ...(calmed && { urgent: false })
  })
  await trx('lead_moves').insert({ lead_id: lead.id, from_id: lead.status_id, to_id: status.id, employee_id: by.id, at: now })
  await recordLeadEvent(trx, by, lead.id, 'lead.moved', { from: lead.status_id, to: status.id, reason, calmed })
}

async function whoMoved (trx: Db, lead: { id: number, status_id: number }): Promise<MovedMeanwhile> {
  const last = await trx('lead_moves').leftJoin('employees', 'employees.id', 'lead_moves.employee_id').where({ lead_id: lead.id }).orderBy('lead_moves.id', 'desc').first('name', 'at')
  return new MovedMeanwhile(lead.status_id, last?.name ?? null, last?.at ?? new Date())
}
