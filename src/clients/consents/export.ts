import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { BOM, csvLine, separatorOf } from '../../web/csv.js'
import type { Translate } from '../../web/i18n.js'
import { CHANNEL_NAMES, SOURCES } from './consent.js'
import type { ExportRow } from './queries.js'

/** Answers with a history as a CSV that is made while it is sent. */
export function sendCsv (reply: FastifyReply, t: Translate, language: string, name: string, rows: AsyncIterable<ExportRow>): FastifyReply {
  return reply.type('text/csv; charset=utf-8').header('Content-Disposition', `attachment; filename="${name}.csv"`).header('Cache-Control', 'no-store')
    .send(Readable.from(lines(t, separatorOf(language), rows), { objectMode: false }))
}

async function * lines (t: Translate, separator: string, rows: AsyncIterable<ExportRow>): AsyncGenerator<string> {
  yield BOM + csvLine([t('consent.when'), t('consent.client_number'), t('clients.one'), t('consent.contact'), t('consent.channel'), t('consent.said'), t('consent.how'), t('consent.note'), t('consent.by'), t('consent.way'), t('consent.wording'), t('consent.wording_text')], separator)
  for await (const row of rows) {
    yield csvLine([
      row.local, row.client_id, row.client, row.address, CHANNEL_NAMES[row.channel], t(row.given ? 'consent.was_given' : 'consent.was_withdrawn'),
      row.how === null ? '' : t(`consent.hows.${row.how}`), row.note, row.by, [sourceOf(t, row.source), row.source_name].filter(Boolean).join(': '),
      row.wording && `${row.wording.language} ${row.wording.version}`, row.wording && row.wording.body
    ], separator)
  }
}

/** The way a consent came in by, in words. */
export const sourceOf = (t: Translate, source: string): string => (SOURCES as readonly string[]).includes(source) ? t(`consent.sources.${source}`) : source
