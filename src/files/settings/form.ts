import { z } from 'zod'
import { issue, readForm, text } from '../../web/form.js'
import type { Organisation } from '../../web/viewer.js'
import { FILE_KINDS, type FileKind } from '../file.js'

const between = (min: number, max: number) => text(20).transform((value, context): number => {
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (!(number >= min && number <= max)) context.addIssue(issue('files.between', { min, max }))
  return number
})

const schema = z.object({
  file_megabytes: between(1, 2000),
  file_count: between(1, 50),
  file_kinds: z.preprocess(value => value === undefined ? [] : [value].flat(), z.array(z.string()))
    .transform(values => FILE_KINDS.filter(kind => values.includes(kind)))
    .refine(kinds => kinds.length > 0, { error: 'files.no_kind' })
})

export interface FileSettings { file_megabytes: number, file_count: number, file_kinds: FileKind[] }

/** Reads how big, how many and what kinds of files may be attached. */
export const readFileSettings = (body: unknown) => readForm(schema, body)

/** What the form shows before anything was typed. */
export const fileSettingsTyped = ({ fileMegabytes, fileCount, fileKinds }: Organisation) => ({ file_megabytes: String(fileMegabytes), file_count: String(fileCount), file_kinds: fileKinds })
