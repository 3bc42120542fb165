import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import multipart from '@fastify/multipart'
import { Readable } from 'node:stream'
import { CONSENT_CHANNELS, HOWS } from '../clients/consents/consent.js'
import { cleanName, disposition } from '../files/name.js'
import { keepContent } from '../files/queries.js'
import { eachPart, FileRefused, withSpooled } from '../files/receive.js'
import { shapeOf } from '../form-editor/shape.js'
import { enqueue } from '../jobs/enqueue.js'
import { listTypes } from '../phone-types/queries.js'
import { idOf, typedText, type Body, type FieldError } from '../web/form.js'
import { BOM, csvLine, separatorOf } from '../web/csv.js'
import { NotFound } from '../web/errors.js'
import { hourly } from '../web/hourly.js'
import { writeWorkbook } from '../web/xlsx.js'
import { XLSX } from './template/routes.js'
import { translator } from '../web/i18n.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { checkJob } from './checking/job.js'
import { mayCreate } from './checking/plan.js'
import { recognise } from './columns/recognise.js'
import { targetsOf } from './columns/targets.js'
import { withFile } from './file.js'
import { matchers, NO_CONSENTS, readColumnsForm, type ColumnsForm } from './form.js'
import { GOES_ON, MAY_MATCH, VERDICTS, type Import, type Verdict } from './import.js'
import { Broken, look } from './inspecting/look.js'
import { forgetOldImports, isKept, KEPT } from './keeping.js'
import { changeImport, createImport, findImport, listImports, readWrong } from './queries.js'
import { isEmptied, knownBy, listRows, MOST_SUMMED, sumEmptied, sumErrors, tellChanges, tellNew, tellWritten } from './rows/queries.js'
import { headerKey, rememberedFor } from './remembering.js'
import { CREATES, EXISTING, RULES, type Creates, type Rules } from './rules.js'
import { runJob, WRITING } from './running/job.js'
import { undoJob } from './undoing/job.js'
import { titlesOf, wordsOfProblem } from './words.js'
import type { Reading } from './reading/reading.js'

type At = { Params: { id: string }, Querystring: { show?: string, after?: string, before?: string } }

// What a file of clients never comes near: a million rows of .xlsx are a tenth of it.
const MEGABYTES = 1000
const ENCODINGS = ['utf-8', 'utf-16le', 'windows-1250', 'windows-1252', 'iso-8859-1', 'iso-8859-2']

/** Clients from a file: uploaded, its columns matched, checked without writing anything, written, looked at and taken back. */
export default async function imports (app: FastifyInstance, { url }: { url: string }) {
  const { db, storage } = app
  const config = { can: 'clients.import' } as const
  await app.register(multipart, { throwFileSizeLimit: false }) // in this scope alone, as for files
  app.job('imports.check', checkJob(app, url))
  app.job('imports.run', runJob(app, url))
  app.job('imports.undo', undoJob(app))
  hourly(app, () => forgetOldImports(db), 'the rows of old imports could not be cleared away')

  app.get<{ Querystring: { before?: string } }>('/imports', { config }, (request, reply) => showIndex(reply, 200, {}, idOf(request.query.before)))

  app.post('/imports', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    // A far too big one is refused by what it says of itself, before it has come.
    if (Number(request.headers['content-length']) > (MEGABYTES + 1) * 1e6) {
      request.raw.resume()
      return showIndex(reply, 413, { file: { key: 'imports.too_big', values: { max: MEGABYTES } } })
    }
    const received: { id?: number, error?: FieldError } = {}
    if (request.isMultipart()) {
      await eachPart(request, MEGABYTES * 1e6, {}, async part => {
        await withSpooled(part, MEGABYTES, { db, storage }, async spooled => {
          if (received.id) throw new FileRefused({ key: 'imports.one_file' })
          const file_name = cleanName(part.filename)
          const inspected = await look(app, spooled.path, file_name).catch(asRefusal)
          await keepContent({ db, storage }, spooled)
          const targets = await targetsFor(request)
          const before = await rememberedFor(db, inspected)
          const remembered = before?.columns.map(name => targets.some(target => target.name === name) ? name : null)
          received.id = await createImport(db, viewer, { file_name, size: spooled.size, content: spooled.hash, inspected, header_key: headerKey(inspected), columns: remembered ?? recognise(inspected, targets), rules: before ? { ...RULES, ...before.rules, how: null, how_note: '' } : inspected.layout === 'own' ? { ...RULES, restores: false } : RULES })
        })
      }, (_name, error) => { received.error = error.key === 'files.too_big' ? { key: 'imports.too_big', values: { max: MEGABYTES } } : error })
    }
    if (received.id === undefined) return showIndex(reply, received.error?.key === 'imports.too_big' ? 413 : 422, { file: received.error ?? { key: 'imports.no_file' } })
    return reply.goTo(`/imports/${received.id}`)
  })

  app.get<At>('/imports/:id', { config }, async (request, reply) => {
    const one = await find(request)
    return one.state === 'columns' && isKept(one) ? showColumns(request, reply, one, 200) : showState(request, reply, one)
  })

  app.get<At>('/imports/:id/columns', { config }, async (request, reply) => {
    const one = await find(request)
    return MAY_MATCH.includes(one.state) && hasFile(one) ? showColumns(request, reply, one, 200) : reply.redirect(`/imports/${one.id}`, 303)
  })

  // Another sheet, other letters, another row of names: the columns are recognised anew.
  app.post<At>('/imports/:id/reading', { config }, async (request, reply) => {
    const one = await findWithFile(request)
    const inspected = await withFile({ storage }, one, path => look(app, path, one.file_name, wanted((request.body ?? {}) as Body, one))).catch(error => error instanceof Broken ? error : Promise.reject(error))
    if (inspected instanceof Broken) return showColumns(request, reply, one, 422, undefined, { key: `imports.unreadable.${inspected.reason}`, values: inspected.values })
    await changeImport(db, one.id, MAY_MATCH, { inspected, header_key: headerKey(inspected), columns: recognise(inspected, await targetsFor(request)), state: 'columns', problem: null })
    return reply.goTo(`/imports/${one.id}`)
  })

  app.post<At>('/imports/:id/columns', { config }, async (request, reply) => {
    const one = await findWithFile(request)
    const viewer = viewerOf(request)
    const form = readColumnsForm(request.body, viewer, { header: one.inspected.header, targets: await targetsFor(request), shape: await shapeOf(db, 'client', viewer.formVersions) })
    if (Object.keys(form.errors).length > 0) return showColumns(request, reply, one, 422, form)
    await checkAnew(one, viewer, form)
    return reply.goTo(`/imports/${one.id}`)
  })

  // What rows name and there isn't is made after all.
  app.post<At>('/imports/:id/creates', { config }, async (request, reply) => {
    const one = await findWithFile(request)
    const viewer = viewerOf(request)
    const more = [((request.body ?? {}) as Body).creates ?? []].flat()
    if (one.state === 'checked') await checkAnew(one, viewer, { columns: one.columns, rules: { ...one.rules, creates: CREATES.filter(what => one.rules.creates.includes(what) || (more.includes(what) && mayCreate(viewer, what))) } })
    return reply.goTo(`/imports/${one.id}`)
  })

  app.post<At>('/imports/:id/run', { config }, async (request, reply) => {
    const one = await findKept(request)
    await db.transaction(async trx => {
      const changed = await changeImport(trx, one.id, ['checked', 'stopped'], { state: 'running', problem: null, run_by: viewerOf(request).id, ...(one.state === 'checked' && { done: 0, started_at: new Date() }) })
      if (changed) await enqueue(trx, 'imports.run', { id: one.id }, { queue: WRITING })
    })
    return reply.goTo(`/imports/${one.id}`)
  })

  app.post<At>('/imports/:id/stop', { config }, async (request, reply) => {
    const one = await find(request)
    await changeImport(db, one.id, ['running'], { state: 'stopping' })
    return reply.goTo(`/imports/${one.id}`)
  })

  app.post<At>('/imports/:id/undo', { config }, async (request, reply) => {
    const one = await findKept(request)
    await db.transaction(async trx => {
      const changed = await changeImport(trx, one.id, ['done', 'stopped'], { state: 'undoing', problem: null, undone_by: viewerOf(request).id, done: 0, total: (one.counts.created ?? 0) + (one.counts.updated ?? 0) })
      if (changed) await enqueue(trx, 'imports.undo', { id: one.id }, { queue: WRITING })
    })
    return reply.goTo(`/imports/${one.id}`)
  })

  // The rows that are wrong as they were, and why: mended, the file can be imported as it is.
  app.get<At>('/imports/:id/errors.csv', { config }, async (request, reply) => {
    const one = await findKept(request)
    const separator = separatorOf(request.language)
    const rows = await wrongRows(request, one)
    async function * lines () {
      yield BOM
      for await (const row of rows) yield csvLine(row, separator)
    }
    return reply.type('text/csv; charset=utf-8').headers(asDownload(request, one, 'csv')).send(Readable.from(lines(), { objectMode: false }))
  })

  app.get<At>('/imports/:id/errors.xlsx', { config }, async (request, reply) => {
    const one = await findKept(request)
    const rows = await wrongRows(request, one)
    const header = (await rows.next()).value as string[]
    async function * batches () { for await (const row of rows) yield [row] }
    return reply.type(XLSX).headers(asDownload(request, one, 'xlsx')).send(writeWorkbook([{ name: translator(request.language)('imports.errors_file'), columns: header.map((title, at) => ({ title, width: at < header.length - 1 ? 20 : 60 })), rows: batches() }]))
  })

  /** The names of the columns, then the rows that are wrong, each with the reason behind it. */
  async function wrongRows (request: FastifyRequest<At>, one: Import): Promise<AsyncGenerator<string[], void>> {
    const [t, titles] = [translator(request.language), await titlesFor(request)]
    const { header } = one.inspected
    return (async function * () {
      yield [...header, t('imports.reason')]
      for await (const { cells, why } of readWrong(db, one.id)) yield [...header.map((_, at) => cells?.[at] ?? ''), why.map(problem => wordsOfProblem(t, one, titles, problem)).join(' ')]
    })()
  }

  async function checkAnew (one: Import, viewer: Viewer, { columns, rules }: { columns: Import['columns'], rules: Rules }): Promise<void> {
    await db.transaction(async trx => {
      const changed = await changeImport(trx, one.id, MAY_MATCH, { columns, rules, state: 'checking', problem: null, total: one.inspected.rows, done: 0, counts: {} })
      if (changed) await enqueue(trx, 'imports.check', { id: one.id, by: viewer.id }, { maxAttempts: 4 })
    })
  }

  const find = (request: FastifyRequest<At>) => findImport(db, idOf(request.params.id))
  const findIf = (may: (one: Import) => boolean) => async (request: FastifyRequest<At>) => {
    const one = await find(request)
    if (!may(one)) throw new NotFound()
    return one
  }
  const findKept = findIf(isKept)
  const findWithFile = findIf(hasFile)

  async function targetsFor (request: FastifyRequest) {
    const viewer = viewerOf(request)
    const [shape, phoneTypes] = await Promise.all([shapeOf(db, 'client', viewer.formVersions), listTypes(db)])
    return targetsOf(viewer, { shape, phoneTypes })
  }

  async function titlesFor (request: FastifyRequest) {
    return titlesOf(await targetsFor(request), request.language, viewerOf(request).organisation.language)
  }

  async function showIndex (reply: FastifyReply, status: number, errors: Record<string, FieldError> = {}, before: number | null = null) {
    return reply.page('imports/index', { ...await listImports(db, before), errors, megabytes: MEGABYTES }, { status })
  }

  async function showColumns (request: FastifyRequest<At>, reply: FastifyReply, one: Import, status: number, form?: ColumnsForm, problem: Import['problem'] = one.problem) {
    const viewer = viewerOf(request)
    const [targets, shape] = await Promise.all([targetsFor(request), shapeOf(db, 'client', viewer.formVersions)])
    const typed = (request.body ?? {}) as Body
    return reply.page('imports/columns', {
      one, problem, targets, columns: form?.columns ?? one.columns, rules: form?.rules ?? one.rules, errors: form?.errors ?? {}, how: form ? typedText(typed, 'how') : one.rules.how ?? (one.checked_at ? NO_CONSENTS : ''),
      matchers: matchers(shape).map(name => ({ name, target: targets.find(target => target.name === name) })), EXISTING, HOWS, CREATES: CREATES.filter(what => mayCreate(viewer, what)), encodings: ENCODINGS, CONSENT_CHANNELS
    }, { status })
  }

  async function showState (request: FastifyRequest<At>, reply: FastifyReply, one: Import) {
    const viewer = viewerOf(request)
    const { show, after, before } = request.query
    const asked = [...VERDICTS, 'kept' as const].find(verdict => verdict === show) ?? usual(one)
    const goesOn = GOES_ON.includes(one.state)
    const kept = isKept(one)
    const page = goesOn || !kept ? { rows: [], after: null, before: null } : await listRows(db, viewer, one.id, asked, { after: idOf(after), before: idOf(before) })
    const numbers = page.rows.map(({ row }) => row)
    const [told, by, errors, emptied] = await Promise.all([
      // A second row about a client who is only to be made: nobody there to compare it with.
      tellRows(one, asked, page.rows.filter(({ verdict, client_id }) => verdict === 'create' || client_id !== null).map(({ row }) => row)),
      one.state === 'checked' && asked !== 'create' ? knownBy(db, one, numbers) : new Map<number, string>(),
      asked === 'error' && (one.counts.error ?? 0) > 1 && numbers.length > 0 ? sumErrors(db, one.id) : null,
      kept && one.counts.emptied ? sumEmptied(db, one) : []
    ])
    const [t, titles] = [translator(request.language), await titlesFor(request)]
    const missing = one.state === 'checked' ? CREATES.filter(what => mayCreate(viewer, what) && !one.rules.creates.includes(what) && errors?.sums.some(({ problem }) => problem.key === MISSING[what])) : []
    return reply.page('imports/show', { one, goesOn, kept, hasFile: hasFile(one), days: KEPT, show: kept ? asked : null, ...page, told, by, titles, errors, emptied, isEmptied, missing, mostSummed: MOST_SUMMED, words: wordsOfProblem.bind(null, t, one, titles) }, { fragment: 'imports/_state' })
  }

  /** What rows make or change, by their numbers: as it is kept of those that are written, else as it would be now. */
  async function tellRows (one: Import, show: Verdict | 'kept' | null, rows: number[]) {
    if (rows.length === 0 || (show !== 'create' && show !== 'update')) return new Map()
    if (show === 'create') return byRow(await tellNew(db, one.id, rows))
    const written = one.started_at ? await tellWritten(db, one.id, rows) : []
    const left = one.state === 'checked' || one.state === 'stopped' ? rows.filter(row => !written.some(one => one.row === row)) : []
    return byRow([...written, ...left.length > 0 ? await tellChanges(db, one, left) : []])
  }
}

const hasFile = (one: Import) => one.content !== null && isKept(one)

const asDownload = ({ language }: FastifyRequest, { file_name: name }: Import, ending: string): Record<string, string> =>
  ({ 'content-disposition': disposition('attachment', `${name.replace(/\.[^.]*$/, '')} - ${translator(language)('imports.errors_file')}.${ending}`), 'cache-control': 'no-store' })

const byRow = <R extends { row: number }>(rows: R[]) => new Map(rows.map(one => [one.row, one]))

/** What says of a row that it names something that could be made. */
const MISSING: Record<Creates, string | null> = { tags: null, campaigns: 'imports.wrong.campaign', locations: 'imports.wrong.location', choices: 'imports.wrong.choice' }

/** What is looked at first: what needs somebody. */
function usual ({ counts, state }: Import): Verdict | 'kept' | null {
  if (state === 'undone') return counts.kept ? 'kept' : null
  return VERDICTS.toReversed().find(verdict => verdict !== 'same' && verdict !== 'skip' && counts[verdict]) ?? null
}

function asRefusal (error: unknown): never {
  throw error instanceof Broken ? new FileRefused({ key: `imports.unreadable.${error.reason}`, values: error.values }) : error
}

function wanted (body: Body, { inspected: { reading, sheets } }: Import): Partial<Reading> {
  const sheet = sheets.find(({ name }) => name === typedText(body, 'sheet'))?.name
  const encoding = ENCODINGS.find(one => one === typedText(body, 'encoding'))
  const row = typedText(body, 'header_row')
  return { ...(sheet !== undefined && { sheet }), ...(encoding && reading.format !== 'xlsx' && { encoding }), ...(row === '0' ? { headerRow: null } : idOf(row) && sheet === reading.sheet ? { headerRow: Number(row) } : {}) }
}
