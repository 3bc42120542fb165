import type { FastifyInstance } from 'fastify'
import { listChoices } from '../../clients/queries.js'
import { shapeOf } from '../../form-editor/shape.js'
import { translator, type Translate } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import { writeWorkbook, type SheetToWrite, type XlsxCell } from '../../web/xlsx.js'
import { templateColumns, type TemplateColumn } from './columns.js'

export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** An empty workbook with the columns that the forms ask for, to be filled in and imported. */
export default async function importTemplate (app: FastifyInstance) {
  const { db } = app

  app.get('/imports/template.xlsx', { config: { can: 'clients.import' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const t = translator(viewer.language)
    const [shape, choices] = await Promise.all([shapeOf(db, 'client', viewer.formVersions), listChoices(db)])
    const columns = templateColumns(viewer, t, { shape, choices })
    return reply.type(XLSX).header('Content-Disposition', 'attachment; filename="clients-template.xlsx"').header('Cache-Control', 'no-store')
      .send(writeWorkbook([{ name: t('clients.title'), columns, rows: [] }, explained(t, columns)]))
  })
}

/** The sheet that says what goes into each column. */
function explained (t: Translate, columns: readonly TemplateColumn[]): SheetToWrite {
  const rows = columns.map(({ title, hint, required, choices = [] }): XlsxCell[] => [title, hint, required && t(`imports.template.required.${required}`), choices.join('\n')])
  return {
    name: t('imports.template.how'),
    columns: [{ title: t('imports.template.column'), width: 30 }, { title: t('imports.template.goes_in'), width: 70 }, { title: t('imports.template.is_required'), width: 18 }, { title: t('imports.template.choices'), width: 40 }],
    rows: [rows]
  }
}
