import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { changesBetween, recordChanges } from '../../audit/record.js'
import { idOf } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { dayOf } from '../../web/zone.js'
import { findLocation } from '../queries.js'
import { readClosedDaysForm, readWeekForm, spansTyped, WEEKDAYS, weekTyped } from './form.js'
import { addClosedDays, findHours, HoursChanged, saveWeek, setClosedDaysRemoved, type NotedClosedDays } from './queries.js'

type OfOne = { Params: { id: string } }
type OfDays = { Params: { id: string, days: string } }

type Location = Awaited<ReturnType<typeof findLocation>>

/** When a location works: the spans of each weekday, and the days it is closed all the same. */
export default async function hours (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  const subject = ({ id, name }: Location) => ({ type: 'location', id, name })

  app.get<OfOne>('/settings/locations/:id/hours', { config }, async (request, reply) => show(request, reply, {}, 200))

  app.post<OfOne>('/settings/locations/:id/hours', { config }, async (request, reply) => {
    const location = await findLocation(db, idOf(request.params.id))
    const form = readWeekForm(request.body)
    if (form.errors) return show(request, reply, form, 422)
    const { week, was } = form.values
    try {
      await db.transaction(async trx => {
        const before = await saveWeek(trx, location.id, week, was)
        await recordChanges(trx, viewerOf(request), 'settings.hours', { subject: subject(location), changes: changesBetween({ hours: listed(before) }, { hours: listed(week) }) })
      })
    } catch (error) {
      if (!(error instanceof HoursChanged)) throw error
      // What the other saved is shown beside; sent again, this form replaces it.
      const theirs = (await findHours(db, location.id)).week
      return show(request, reply, { typed: { ...form.typed, was: weekTyped(theirs).was }, theirs }, 409)
    }
    return reply.flash('hours.saved', { name: location.name }).goTo(`/settings/locations/${location.id}/hours`)
  })

  app.post<OfOne>('/settings/locations/:id/hours/closed-days', { config }, async (request, reply) => {
    const location = await findLocation(db, idOf(request.params.id))
    const form = readClosedDaysForm(request.body)
    if (form.errors) return show(request, reply, { closedTyped: form.typed, closedErrors: form.errors }, 422)
    await db.transaction(async trx => {
      if (await addClosedDays(trx, location.id, form.values)) await tell(trx, request, location, {}, form.values)
    })
    return reply.flash('hours.closed_added').goTo(`/settings/locations/${location.id}/hours`)
  })

  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<OfDays>(`/settings/locations/:id/hours/closed-days/:days/${action}`, { config }, async (request, reply) => {
      const location = await findLocation(db, idOf(request.params.id))
      const path = `/settings/locations/${location.id}/hours`
      await db.transaction(async trx => {
        const days = await setClosedDaysRemoved(trx, location.id, idOf(request.params.days), removed)
        if (days) await tell(trx, request, location, removed ? days : {}, removed ? {} : days)
      })
      return reply.flash(removed ? 'hours.closed_removed' : 'hours.closed_restored', {}, removed ? `${path}/closed-days/${request.params.days}/restore` : undefined).goTo(path)
    })
  }

  const tell = (trx: typeof db, request: FastifyRequest, location: Location, before: Partial<NotedClosedDays>, after: Partial<NotedClosedDays>) =>
    recordChanges(trx, viewerOf(request), 'settings.hours', { subject: subject(location), changes: changesBetween({ closed_days: said(before) }, { closed_days: said(after) }) })

  async function show (request: FastifyRequest<OfOne>, reply: FastifyReply, form: object, status: number) {
    const location = await findLocation(db, idOf(request.params.id))
    const { week, closed } = await findHours(db, location.id, dayOf(new Date(), viewerOf(request).organisation.timeZone))
    const fresh = { typed: weekTyped(week), errors: {}, theirs: null, closedTyped: {}, closedErrors: {} }
    return reply.page('locations/hours/edit', { location, closed, days: WEEKDAYS, spansTyped, ...fresh, ...form }, { fragment: 'locations/hours/_all', status })
  }
}

// As the audit log lists them: "1 09:00-13:00" is Monday's.
const listed = (week: Parameters<typeof weekTyped>[0]) => week.flatMap((spans, i) => spans.length > 0 ? [`${i + 1}: ${spansTyped(spans)}`] : [])

const said = ({ startsOn, endsOn, note }: Partial<NotedClosedDays>) => startsOn ? [[startsOn === endsOn ? startsOn : `${startsOn} – ${endsOn}`, note].filter(Boolean).join(' ')] : []
