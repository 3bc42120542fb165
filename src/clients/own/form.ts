import type { OwnField, Shape } from '../../form-editor/definition.js'
import { nameOf, readValues } from '../../form-editor/schema.js'
import { valuesOf, type OwnValue } from '../../form-editor/value.js'
import type { Body, FieldErrors } from '../../web/form.js'
import { decimalMark } from '../../web/format.js'
import type { Viewer } from '../../web/viewer.js'
import type { Client } from '../client.js'

/** A field of the company's own, with what it is to have. */
export interface OwnWrite { field: OwnField, value: OwnValue }

/** The part of the form that holds one own field and saves itself: "own-plate". */
export const partOf = ({ key }: Pick<OwnField, 'key'>): string => `own-${key}`

/** The own field of a part. */
export const fieldOfPart = (shape: Shape, part: string): OwnField | undefined => shape.fields.find(field => partOf(field) === part)

/**
 * The own fields that a body says anything of: those its form didn't have are left alone. One that was removed while the form lay open
 * keeps what was typed, as it keeps everything until it is erased; what is wrong in it, nobody could mend any more.
 */
export function readOwn (viewer: Viewer, shape: Shape, body: Body, client: Client | null, only?: OwnField): { own: OwnWrite[], errors: FieldErrors } {
  const fields = only ? [only] : shape.fields.filter(field => nameOf(field) in body)
  const current = client ? valuesOf(fields, client.own) : {}
  const { timeZone, country } = viewer.organisation
  const { values, errors } = readValues(fields, body, { timeZone, decimalMark: decimalMark(viewer.language, country), current })
  for (const field of fields) if (field.removed) delete errors[nameOf(field)]
  return { own: fields.flatMap(field => field.key in values ? [{ field, value: values[field.key]! }] : []), errors }
}
