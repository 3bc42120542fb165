import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuditField } from '../../audit/entry.js'
import { changesBetween, recordAudit } from '../../audit/record.js'
import { seesContacts } from '../../clients/masking.js'
import { parsed } from '../../list-views/address.js'
import { XLSX } from '../../imports/template/routes.js'
import { separatorOf } from '../../web/csv.js'
import { Forbidden } from '../../web/errors.js'
import { decimalMark } from '../../web/format.js'
import { translator } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { localOf } from '../../web/zone.js'
import type { Whom } from '../many.js'
import { countChosen, selectedIds } from '../selection/queries.js'
import type { Exported } from './exported.js'
import type { ExportPlan } from './file.js'
import { readExportForm, type ExportForm } from './form.js'
import { startExport } from './start.js'

/** The rows that are ticked, or all that the list leaves, as a workbook or CSV. */
export default async function exports (app: FastifyInstance, { many, url }: { many: Exported, url: string }) {
  const { db } = app
  const at = `${many.path}/export`
  const config = { can: many.right }

  app.get(at, { config }, async (request, reply) => {
    return show(request, reply, { ...readExportForm(request.query), errors: {} }, 200)
  })

  app.post(at, { config }, async (request, reply) => {
    const viewer = exporterOf(request)
    const form = readExportForm(request.body)
    const [{ filter, list }, all] = await Promise.all([many.look(db, viewer, parsed(form.within)), many.exportable(db, viewer)])
    const whom: Whom = form.of === 'selected' ? { of: 'selected' } : { of: 'matching', filter }
    const choices = all.filter(({ name }) => form.all || form.columns.includes(name))
    if (choices.length === 0) form.errors.columns = { key: 'exports.no_columns' }
    const count = await countChosen(db, many, viewer, whom)
    if (count === 0) form.errors.of = { key: `${many.words}.nobody` }
    if (Object.keys(form.errors).length > 0) return show(request, reply, form, 422)

    const t = translator(viewer.language)
    const columns = await many.fileColumns(db, viewer, t, choices)
    const plan: ExportPlan = {
      one: many.one, format: form.format, sheet: t(`${many.table}.title`), columns, separator: separatorOf(viewer.language), decimalMark: separatorOf(viewer.language) === ',' ? '.' : decimalMark(viewer.language, viewer.organisation.country),
      statements: await many.statements(db, viewer, whom, columns), words: { ...many.cellWords?.(t), yes: t('yes'), no: t('no') }
    }
    const file = startExport({ url, plan })
    if (!file) return show(request, reply, { ...form, errors: { of: { key: 'exports.busy' } } }, 503)
    const told: Partial<Record<AuditField, unknown>> = { [many.audit.count]: count, list_address: whom.of === 'matching' ? list : null, columns: columns.map(({ title }) => title).join(', ') }
    await recordAudit(db, viewer, many.audit.kind, { changes: changesBetween({}, told) })
    const name = `${many.table}-${localOf(new Date(), viewer.organisation.timeZone).slice(0, 10)}.${form.format}`
    return reply.type(form.format === 'xlsx' ? XLSX : 'text/csv; charset=utf-8').header('Content-Disposition', `attachment; filename="${name}"`).header('Cache-Control', 'no-store').send(file)
  })

  async function show (request: FastifyRequest, reply: FastifyReply, form: ExportForm, status: number) {
    const viewer = exporterOf(request)
    const { filter, list, narrowed, shown, columns } = await many.look(db, viewer, parsed(form.within))
    const [selected, matching, choices] = await Promise.all([selectedIds(db, many, viewer), countChosen(db, many, viewer, { of: 'matching', filter }), many.exportable(db, viewer)])
    const isAnew = request.method === 'GET'
    return reply.page('many/export/new', {
      many, form, shown, matching, selected: selected.length, list, narrowed, choices, seesContacts: seesContacts(viewer), ticked: isAnew ? many.tickedBefore(columns) : form.columns,
      of: isAnew && !('of' in (request.query as object)) && selected.length > 0 ? 'selected' : form.of
    }, { status })
  }

  /** Whoever exports sees the rows that they export: without a right to that there are none. */
  function exporterOf (request: FastifyRequest): Viewer {
    const viewer = viewerOf(request)
    if (!many.sees.some(right => viewer.can(right))) throw new Forbidden(many.sees)
    return viewer
  }
}
