import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { visibleLeads } from '../leads/visibility.js'
import { NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { CallRefused } from './adapters/adapter.js'
import { openDialer } from './adapters/open.js'
import { OWN, takeReport } from './taking.js'

interface Target { e164: string | null, display: string, digits: string, client_id: number | null, lead_id: number | null }

/** Whom a press on a number means: a client's phone, a lead's, or the other side of a call. Throws NotFound for what isn't the viewer's to see. */
export async function findTarget (db: Db, viewer: Viewer, body: Body): Promise<Target> {
  const [phone, leadPhone, call] = [body.phone, body.lead_phone, body.call].map(value => idOf([value].flat()[0]))
  const found = phone != null
    ? await db('client_phones as p').join('clients', 'clients.id', 'p.client_id').where('p.id', phone).whereNull('p.removed_at').modify(visibleTo(viewer)).first('p.e164', 'p.display', 'p.digits', 'p.client_id')
    : leadPhone != null
      ? await db('lead_phones as p').join('leads', 'leads.id', 'p.lead_id').where('p.id', leadPhone).modify(visibleLeads(viewer)).first('p.e164', 'p.display', 'p.digits', 'p.lead_id')
      : call != null && viewer.can('calls.view')
        ? await db('calls').where({ id: call }).first('e164', 'display', 'digits', 'client_id', 'lead_id')
        : undefined
  if (!found || found.digits === '') throw new NotFound()
  return { client_id: null, lead_id: null, ...found }
}

/** How a press on a number went: the call that began, or why there is none. */
export type Dialed = 'begun' | 'no_telephony' | 'no_extension' | 'failed'

// Seconds in which a second press means the call that the first began.
const SAME = 10

/** Calls somebody: rings the viewer, then them. What becomes of it is told by the call's own card. */
export async function dialTarget (app: FastifyInstance, viewer: Viewer, target: Target): Promise<Dialed> {
  const { db } = app
  const extension = await findExtension(db, viewer.id)
  if (extension === '') return 'no_extension'
  const known = await openDialer(app).catch(error => { if (error instanceof CallRefused) return error; throw error })
  if (known === null) return 'no_telephony'
  if (known instanceof CallRefused) return 'failed'
  const token = randomUUID()
  const { rows: [made] } = await db.raw(`
    insert into calls (adapter, provider_id, direction, state, e164, display, digits, client_id, lead_id, employee_id, extension)
    select :adapter, :provider, 'out', 'calling', :e164, :display, :digits, :client_id::bigint, :lead_id::bigint, :by::bigint, :extension
    where not exists (select from calls where employee_id = :by and direction = 'out' and ended_at is null and digits = :digits and started_at > now() - interval '${SAME} seconds') returning id`,
  { adapter: known.adapter, provider: known.dialer.idFor?.(token) ?? OWN + token, e164: target.e164, display: target.display, digits: target.digits, client_id: target.client_id, lead_id: target.lead_id, by: viewer.id, extension })
  if (!made) return 'begun'
  try {
    const providerId = await known.dialer.call({ callId: made.id, token, from: extension, to: target.e164 ?? target.digits })
    await db('calls').where({ id: made.id }).whereLike('provider_id', `${OWN}%`).update({ provider_id: providerId })
    return 'begun'
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error
    app.log.warn({ err: error }, 'a call could not be made')
    await takeReport(db, known.adapter, { id: OWN + token, callId: made.id, state: 'failed', why: error.why, direction: 'out', number: '', ours: '', extension: '', seconds: null, recording: null })
    return 'failed'
  }
}

/** Where somebody is rung; '' until they say. */
export const findExtension = async (db: Db, employeeId: number): Promise<string> => (await db('employees').where({ id: employeeId }).first('extension'))?.extension ?? ''
