import type { Db } from '../../database/knex.js'
import { setLate } from '../../lead-statuses/late.js'
import { SKIPPED, type ActionKind, type Doing, type Prepared } from '../../many/actions/action.js'
import { stepsOf } from '../../many/actions/steps.js'
import { Forbidden } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { isClosed } from '../lead.js'
import { assertMove, MoveRefused } from '../moving.js'
import { listStatuses } from '../statuses.js'

/** Why a lead was left as it is: those of every noun, and those of leads. */
export const LEAD_SKIPPED = [...SKIPPED, 'archived', 'required', 'no_such_move', 'status_gone'] as const
type Why = (typeof LEAD_SKIPPED)[number]

const { mine, mineIf, sets, flags, archive, restore } = stepsOf('lead', 'leads')

/** Nothing of an archived lead changes until it is restored. */
async function unlessArchived (trx: Db, _by: Viewer, { details }: Doing, here: number[]): Promise<Prepared> {
  const archived: number[] = await trx('leads').whereRaw('id = any (?)', [here]).whereNotNull('archived_at').pluck('id')
  return { refused: archived.map(id => ({ id, why: 'archived' satisfies Why })), bindings: { to: details.to?.id ?? null } }
}

/** The same, and what the form of a lead's type requires isn't taken from it. */
const unlessRequired = (item: 'manager' | 'campaign' | 'location') => async (trx: Db, by: Viewer, action: Doing, here: number[]): Promise<Prepared> => {
  const prepared = await unlessArchived(trx, by, action, here)
  if (action.undoes || action.details.to) return prepared
  const requires: number[] = await trx('leads').join('lead_types as y', 'y.id', 'leads.type_id').join('form_items as i', 'i.form_id', 'y.form_id')
    .whereRaw('leads.id = any (?)', [here]).where({ 'i.system': item, 'i.required': true, 'i.hidden': false }).whereNotNull(`leads.${item}_id`).pluck('leads.id')
  const refused = prepared.refused ?? [], archived = new Set(refused.map(({ id }) => id))
  return { ...prepared, refused: [...refused, ...requires.filter(id => !archived.has(id)).map(id => ({ id, why: 'required' satisfies Why }))] }
}

/** Asks of each lead what is asked of one that is moved by hand: whether its status leads there, for this person, for this reason. */
async function mayMove (trx: Db, by: Viewer, { details, undoes }: Doing, here: number[]): Promise<Prepared> {
  const { status, reason = '' } = details
  await trx('lead_statuses').forKeyShare().select('id')
  const statuses = await listStatuses(trx, { removed: true })
  const leads: { id: number, status_id: number, archived: boolean }[] = await trx('leads').whereRaw('id = any (?)', [here]).select('id', 'status_id', trx.raw('archived_at is not null as archived'))
  const refused = leads.flatMap(({ id, status_id: from, archived }): { id: number, why: Why }[] => {
    if (archived) return [{ id, why: 'archived' }]
    // Where it is already, and what is taken back, its step tells by itself.
    if (undoes || from === status!.id) return []
    try {
      assertMove(by, statuses, from, { to: status!.id, reason })
      return []
    } catch (error) {
      if (error instanceof Forbidden) return [{ id, why: 'no_right' }]
      if (error instanceof MoveRefused) return [{ id, why: error.error.key === 'leads.status_gone' ? 'status_gone' : 'no_such_move' }]
      throw error
    }
  })
  const { group } = statuses.find(({ id }) => id === status!.id) ?? { group: 'new' as const }
  const { rows: [{ now }] } = await trx.raw('select clock_timestamp() as now')
  return { refused, bindings: { now, to: status!.id, closed: isClosed(group), won: group === 'won', reason: group === 'lost' ? reason : '' } }
}

/** Counts anew from when leads are too long in their status: it is another, or the hours of another location. */
async function limitAnew (trx: Db, by: Viewer, changed: number[]): Promise<void> {
  for (const status of await listStatuses(trx, { removed: true })) {
    if (status.limitMinutes !== null && !isClosed(status.group)) await setLate(trx, status.id, status, by.organisation.timeZone, { ids: changed })
  }
}

const history = (from: string, to: string) => `moves as (insert into lead_moves (lead_id, from_id, to_id, employee_id, at) select row_id, ${from}, ${to}, :by, :now from mine)`
const moved = (from: string, to: string, reason: string, calmed: string) =>
  `select row_id, 'lead.moved' as kind, jsonb_build_object('from', ${from}, 'to', ${to}, 'reason', ${reason}, 'calmed', ${calmed}) as details from mine`
const WAS = "(kept ->> 'status')::bigint"

const STATUS: Pick<ActionKind, 'apply' | 'back'> = {
  apply: {
    mine: mine("'status', status_id, 'since', status_since, 'closed', closed_at, 'reason', lost_reason, 'urgent', urgent, 'at', :now::timestamptz", 'status_id <> :to'),
    set: 'status_id = :to, status_since = :now, status_late_at = null, closed_at = case when :closed then :now::timestamptz end, lost_reason = :reason, urgent = urgent and not :won',
    told: moved(WAS, ':to::bigint', ':reason::text', ":won and (kept ->> 'urgent')::boolean"),
    also: history(WAS, ':to')
  },
  back: {
    mine: mineIf("c.status_id = :to and c.status_since = (r.kept ->> 'at')::timestamptz and exists (select from lead_statuses s where s.id = (r.kept ->> 'status')::bigint and s.removed_at is null)"),
    set: `status_id = (mine.kept ->> 'status')::bigint, status_since = (mine.kept ->> 'since')::timestamptz, status_late_at = null, closed_at = (mine.kept ->> 'closed')::timestamptz, lost_reason = mine.kept ->> 'reason',
      urgent = urgent or (:won and (mine.kept ->> 'urgent')::boolean)`,
    told: moved(':to::bigint', WAS, "''", 'false'),
    also: history(':to', WAS)
  }
}

/** What can be done to many leads at once. */
export const LEAD_KINDS = {
  set_manager: { needs: ['leads.edit'], ...sets('manager_id', 'employees'), prepare: unlessRequired('manager') },
  set_status: { needs: ['leads.move'], ...STATUS, prepare: mayMove, settle: limitAnew },
  set_campaign: { needs: ['leads.edit'], ...sets('campaign_id', 'campaigns'), prepare: unlessRequired('campaign') },
  set_location: { needs: ['leads.edit'], ...sets('location_id', 'locations'), prepare: unlessRequired('location'), settle: limitAnew },
  make_urgent: { needs: ['leads.edit'], ...flags('urgent', true), prepare: unlessArchived },
  not_urgent: { needs: ['leads.edit'], ...flags('urgent', false), prepare: unlessArchived },
  archive: { needs: ['leads.archive'], ...archive },
  restore: { needs: ['leads.archive'], ...restore }
} satisfies Record<string, ActionKind>
