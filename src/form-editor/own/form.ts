import { decimalMark } from '../../web/format.js'
import type { Body, FieldErrors } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import type { OwnField, Shape } from '../definition.js'
import { nameOf, readValues } from '../schema.js'
import { valuesOf, type OwnValue, type ValueRow } from '../value.js'

/** A field of the company's own, with what it is to have. */
export interface OwnWrite { field: OwnField, value: OwnValue }

/** A client or a lead, as far as its own fields go. */
export interface Owner { id: number, own: ValueRow[] }

/** What a form that has own fields was sent with, and what of it can be written. */
export interface OwnForm { typed: Body, own: OwnWrite[], errors: FieldErrors }

/** The part of the form that holds one own field and saves itself: "own-plate". */
export const partOf = ({ key }: Pick<OwnField, 'key'>): string => `own-${key}`

/** The own field of a part. */
export const fieldOfPart = (shape: Shape, part: string): OwnField | undefined => shape.fields.find(field => partOf(field) === part)

/**
 * The own fields that a body says anything of: those its form didn't have are left alone. One that was removed while the form lay open
 * keeps what was typed, as it keeps everything until it is erased; what is wrong in it, nobody could mend any more.
 */
export function readOwn (viewer: Viewer, shape: Shape, body: Body, owner: Owner | null, only?: OwnField): { own: OwnWrite[], errors: FieldErrors } {
  const fields = only ? [only] : shape.fields.filter(field => nameOf(field) in body)
  const current = owner ? valuesOf(fields, owner.own) : {}
  const { timeZone, country } = viewer.organisation
  const { values, errors } = readValues(fields, body, { timeZone, decimalMark: decimalMark(viewer.language, country), current })
  for (const field of fields) if (field.removed) delete errors[nameOf(field)]
  return { own: fields.flatMap(field => field.key in values ? [{ field, value: values[field.key]! }] : []), errors }
}
