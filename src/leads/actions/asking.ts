import type { NamedChoice } from '../../choices/choice.js'
import type { Db } from '../../database/knex.js'
import type { ActionDetails, Asked } from '../../many/actions/action.js'
import { idOf, readOne, text, typedText, type Body, type FieldErrors } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import type { LeadStatus } from '../lead.js'
import { mayEnter } from '../moving.js'
import { listLeadChoices } from '../queries.js'
import { listStatuses } from '../statuses.js'

/** The status, manager, campaign or location to set, null: none; and why they were lost. */
export interface LeadAsked { to: number | null, reason: string }

const LISTS = { set_manager: 'managers', set_campaign: 'campaigns', set_location: 'locations' } as const
const listOf = (kind: string | null) => LISTS[kind as keyof typeof LISTS] ?? null

/** Reads what is to be done to leads. */
export function askLeads (kind: string | null, typed: Body, errors: FieldErrors): Asked<LeadAsked> {
  const to = typedText(typed, 'to')
  const { value: reason = '', error } = readOne(text(500), typed.reason)
  if (kind === 'set_status' && error) errors.reason = error
  if ((kind === 'set_status' || (listOf(kind) && to !== 'none')) && idOf(to) === null) errors.to = { key: 'form.choose' }
  return { values: { to: idOf(to), reason } }
}

/** What is set, as it is called now. */
export async function findLeadDetails (trx: Db, viewer: Viewer, kind: string, { to, reason }: LeadAsked): Promise<ActionDetails | { wrong: FieldErrors }> {
  if (kind === 'set_status') {
    const status = (await openTo(trx, viewer)).find(({ id }) => id === to)
    if (!status) return { wrong: { to: { key: 'leads.status_gone' } } }
    if (status.group === 'lost' && reason === '') return { wrong: { reason: { key: 'leads.reason_needed' } } }
    const { id, key, labels } = status
    return { status: { id, key, labels }, reason }
  }
  const list = listOf(kind)
  if (!list) return {}
  if (to === null) return { to: null }
  const found = (await listLeadChoices(trx, null))[list].find(({ id }) => id === to)
  return found ? { to: found } : { wrong: { to: { key: 'form.choose' } } }
}

/** What there is to choose from. */
export async function listLeadActionChoices (db: Db, viewer: Viewer, kind: string | null): Promise<{ statuses: LeadStatus[], list: NamedChoice[] }> {
  const list = listOf(kind)
  return { statuses: kind === 'set_status' ? await openTo(db, viewer) : [], list: list ? (await listLeadChoices(db, null))[list] : [] }
}

/** The statuses into which this viewer may move leads from somewhere. */
async function openTo (db: Db, viewer: Viewer): Promise<LeadStatus[]> {
  const statuses = await listStatuses(db)
  const reached = new Set(statuses.flatMap(({ next }) => next))
  return statuses.filter(status => reached.has(status.id) && mayEnter(viewer, status))
}
