import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuditField } from '../../audit/entry.js'
import { changesBetween, recordAudit } from '../../audit/record.js'
import { shapeOf } from '../../form-editor/shape.js'
import { parsed } from '../../list-views/address.js'
import { XLSX } from '../../imports/template/routes.js'
import { separatorOf } from '../../web/csv.js'
import { Forbidden } from '../../web/errors.js'
import { decimalMark } from '../../web/format.js'
import { translator } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { localOf } from '../../web/zone.js'
import type { Whom } from '../../many/many.js'
import { countChosen, selectedIds } from '../../many/selection/queries.js'
import { manyClients } from '../many.js'
import { isNarrowed } from '../list/filter.js'
import { lookFrom } from '../list/look.js'
import { narrowings } from '../list/narrowings.js'
import { findChosen, listFilterChoices } from '../list/queries.js'
import { seesContacts } from '../masking.js'
import { SEES_CLIENTS } from '../visibility.js'
import { exportChoices, exportColumns, tickedBefore } from './column.js'
import type { ExportPlan } from './file.js'
import { readExportForm, type ExportForm } from './form.js'
import { exportStatements } from './queries.js'
import { startExport } from './start.js'

/** The clients that are ticked, or all that the list leaves, as a workbook or CSV that our import reads back unchanged. */
export default async function exports (app: FastifyInstance, { url }: { url: string }) {
  const { db } = app
  const config = { can: 'clients.export' } as const

  app.get('/clients/export', { config }, async (request, reply) => {
    return show(request, reply, { ...readExportForm(request.query), errors: {} }, 200)
  })

  app.post('/clients/export', { config }, async (request, reply) => {
    const viewer = exporterOf(request)
    const form = readExportForm(request.body)
    const [{ filter, fields, path }, shape, { phoneTypes }] = await Promise.all([lookFrom(db, viewer, parsed(form.within)), shapeOf(db, 'client', viewer.formVersions), listFilterChoices(db)])
    const whom: Whom = form.of === 'selected' ? { of: 'selected' } : { of: 'matching', filter }
    const choices = exportChoices(viewer, shape).filter(({ name }) => form.all || form.columns.includes(name))
    if (choices.length === 0) form.errors.columns = { key: 'exports.no_columns' }
    const count = await countChosen(db, manyClients, viewer, whom)
    if (count === 0) form.errors.of = { key: 'actions.nobody' }
    if (Object.keys(form.errors).length > 0) return show(request, reply, form, 422)

    const t = translator(viewer.language)
    const columns = exportColumns(viewer, t, choices, phoneTypes)
    const plan: ExportPlan = {
      format: form.format, sheet: t('clients.title'), columns, separator: separatorOf(viewer.language), decimalMark: separatorOf(viewer.language) === ',' ? '.' : decimalMark(viewer.language, viewer.organisation.country),
      statements: await exportStatements(db, viewer, whom, columns, fields), words: { yes: t('yes'), no: t('no'), person: t('clients.kinds.person'), company: t('clients.kinds.company') }
    }
    const file = startExport({ url, plan })
    if (!file) return show(request, reply, { ...form, errors: { of: { key: 'exports.busy' } } }, 503)
    const told: Partial<Record<AuditField, unknown>> = { clients: count, list_address: whom.of === 'matching' ? path() : null, columns: columns.map(({ title }) => title).join(', ') }
    await recordAudit(db, viewer, 'clients.exported', { changes: changesBetween({}, told) })
    const name = `clients-${localOf(new Date(), viewer.organisation.timeZone).slice(0, 10)}.${form.format}`
    return reply.type(form.format === 'xlsx' ? XLSX : 'text/csv; charset=utf-8').header('Content-Disposition', `attachment; filename="${name}"`).header('Cache-Control', 'no-store').send(file)
  })

  async function show (request: FastifyRequest, reply: FastifyReply, form: ExportForm, status: number) {
    const viewer = exporterOf(request)
    const { filter, columns, path } = await lookFrom(db, viewer, parsed(form.within))
    const [selected, matching, chosen, shape] = await Promise.all([selectedIds(db, manyClients, viewer), countChosen(db, manyClients, viewer, { of: 'matching', filter }), findChosen(db, filter), shapeOf(db, 'client', viewer.formVersions)])
    const isAnew = request.method === 'GET'
    return reply.page('clients/export/new', {
      form, filter, chosen, matching, narrowings, selected: selected.length, list: path(), narrowed: isNarrowed(filter), choices: exportChoices(viewer, shape), seesContacts: seesContacts(viewer),
      ticked: isAnew ? tickedBefore(columns.map(({ name }) => name)) : form.columns,
      of: isAnew && !('of' in (request.query as object)) && selected.length > 0 ? 'selected' : form.of
    }, { status })
  }
}

/** Whoever exports sees the clients that they export: without either right there are none. */
function exporterOf (request: FastifyRequest): Viewer {
  const viewer = viewerOf(request)
  if (!SEES_CLIENTS.some(right => viewer.can(right))) throw new Forbidden(SEES_CLIENTS)
  return viewer
}
