import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { XLSX } from '../../imports/template/routes.js'
import { spanWords } from '../../leads/list/due.js'
import { listFilterChoices } from '../../leads/list/queries.js'
import { listStatuses } from '../../leads/statuses.js'
import { listTypes } from '../../leads/types.js'
import { wording } from '../../leads/wording.js'
import { BOM, csvLine, separatorOf } from '../../web/csv.js'
import { decimalMark } from '../../web/format.js'
import { translator, type Translate } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import { writeWorkbook, type XlsxCell } from '../../web/xlsx.js'
import { drawBars } from './chart.js'
import { addressOf, BY, readReportFilter, WHEN, type ReportFilter } from './filter.js'
import { readReport, TooMuch, type Report } from './queries.js'
import { conversion, partsOf, stagesOf, type Names, type ShownPart, type ShownStage } from './table.js'

const PATH = '/reports/leads'

/** What becomes of leads: into which statuses they come and how long they stay, how many are won; by campaign, manager, location, type or month. */
export default async function leadsReport (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'reports.view' } as const

  app.get(PATH, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const { filter, names, read } = await look(request)
    const common = { filter, names, BY, WHEN, address: addressOf(filter), spanWords, conversion }
    try {
      const report = await read()
      const stages = stagesOf(report, names), t = translator(request.language)
      const colour = ({ status }: ShownStage) => `of-${status.group}`
      const funnel = drawBars(stages.map(stage => ({ label: stage.name, value: stage.came, said: String(stage.came), colour: colour(stage) })))
      const times = drawBars(stages.filter(({ median }) => median !== null).map(stage => ({ label: stage.name, value: stage.median!, said: spanWords(stage.median!, t), colour: colour(stage) })))
      return reply.page('reports/leads/index', { ...common, report, stages, parts: partsOf(report, filter.by, names), funnel, times }, { fragment: 'reports/leads/_report' })
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error
      return reply.page('reports/leads/index', { ...common, report: null }, { fragment: 'reports/leads/_report', status: 422 })
    }
  })

  for (const format of ['xlsx', 'csv'] as const) {
    app.get(`${PATH}.${format}`, { config }, async (request, reply) => {
      const { viewer, filter, names, read } = await look(request)
      let report: Report
      try {
        report = await read()
      } catch (error) {
        if (error instanceof TooMuch) return reply.redirect(`${PATH}?${addressOf(filter)}`, 303)
        throw error
      }
      const sheets = sheetsOf(stagesOf(report, names), partsOf(report, filter.by, names), filter, translator(viewer.language))
      reply.header('Content-Disposition', `attachment; filename="leads-${filter.from}-${filter.to}.${format}"`).header('Cache-Control', 'no-store')
      if (format === 'xlsx') return reply.type(XLSX).send(writeWorkbook(sheets.map(({ name, columns, rows }) => ({ name, columns: columns.map(title => ({ title, width: 20 })), rows: [rows] }))))
      const separator = separatorOf(viewer.language)
      const mark = separator === ',' ? '.' : decimalMark(viewer.language, viewer.organisation.country)
      const lines = sheets.map(({ columns, rows }) => [columns, ...rows as (string | number | null)[][]].map(cells => csvLine(cells, separator, mark)).join(''))
      return reply.type('text/csv; charset=utf-8').send(Readable.from([BOM + lines.join('\r\n')]))
    })
  }

  /** What is asked for, and everything's names. */
  async function look (request: FastifyRequest) {
    const viewer = viewerOf(request)
    const filter = readReportFilter(request.query, viewer.organisation.timeZone)
    const [choices, statuses, types] = await Promise.all([listFilterChoices(db), listStatuses(db, { removed: true }), listTypes(db, { removed: true })])
    const t = translator(request.language)
    const names: Names = { ...wording(request), choices, statuses, types, none: t('leads_list.none') }
    return { viewer, filter, names, read: () => readReport(db, viewer, filter) }
  }
}

const hours = (minutes: number | null): number | null => minutes === null ? null : Math.round(minutes / 6) / 10

/** The two tables as they are exported; times are in hours. */
function sheetsOf (stages: readonly ShownStage[], parts: readonly ShownPart[], { by }: ReportFilter, t: Translate) {
  return [
    { name: t('lead_report.funnel'), columns: [t('lead_report.status'), t('lead_report.came'), t('lead_report.median_hours'), t('lead_report.mean_hours')],
      rows: stages.map(({ name, came, median, mean }): XlsxCell[] => [name, came, hours(median), hours(mean)]) },
    { name: t(`lead_report.by.${by}`), columns: [t(`lead_report.by.${by}`), t('lead_report.leads'), t('lead_report.open'), t('lead_report.won'), t('lead_report.lost'), t('lead_report.conversion_percent'), t('lead_report.closing_hours')],
      rows: parts.map((part): XlsxCell[] => [part.name, part.leads, part.open, part.won, part.lost, conversion(part), hours(part.minutes)]) }
  ]
}
