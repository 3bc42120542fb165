import type { FieldError } from '../../web/form.js'
import type { Remark, Unreadable } from './reading.js'

/** Why a file can't be read, in words of the locales. */
export const unreadableWords = ({ reason, values }: Pick<Unreadable, 'reason' | 'values'>): FieldError => ({ key: `imports.unreadable.${reason}`, values })

/** What is to be told about a file, in words of the locales. */
export const remarkWords = ({ kind, values = {} }: Remark): FieldError => ({ key: `imports.remarks.${kind}`, values })
